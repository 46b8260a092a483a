// SPDX-License-Identifier: Apache-2.0
// A SOAP session at a vCenter endpoint, logged in with the upload's access key. Loop thread.
#pragma once

#include "common/xml/element.h"
#include "gateway/upload/push.h"

#include <string>

namespace pcg::gateway::upload {

class VcenterSession {
  public:
    VcenterSession(const PushParts& parts, wire::AccessKeyId key)
        : parts_(parts), key_(std::move(key)) {}

    net::Task<Pushed<>> open();

    // In a session that somebody else opened and ends.
    net::Task<Pushed<>> join(Secret token);

    net::Task<void> close();

    // The answer's Body. `arguments` is XML.
    net::Task<Pushed<xml::Element>> call(std::string method,
                                         std::string type,
                                         std::string id,
                                         std::string arguments);

    const std::string& cookie() const { return cookie_; }

    const std::string& collector() const { return collector_; }

  private:
    net::Task<Pushed<>> ask();
    net::Task<Pushed<xml::Element>> callUnder(
        Halt& halt, std::string method, std::string type, std::string id, std::string arguments);

    const PushParts& parts_;
    wire::AccessKeyId key_;
    std::string manager_;
    std::string collector_;
    std::string cookie_;
    bool joined_ = false;
};

}  // namespace pcg::gateway::upload

// SPDX-License-Identifier: Apache-2.0
// A MAAS that answers by method, path and operation: in turn, the last answer of each stays.
#pragma once

#include "common/oauth/form.h"
#include "controlplane-sim/maas/client.h"

#include <deque>
#include <map>

namespace pcg::controlplane::maas {

struct Answer {
    int status = 200;
    std::string body;
    std::string outcome{};  // Pcg-Outcome
};

struct Request {
    std::string name;  // "POST machines/ allocate"
    oauth::Parameters query;
    oauth::Parameters form;
    std::string authorization;

    std::string field(std::string_view name_) const {
        const auto* value = oauth::lastOf(form, name_);
        return value == nullptr ? std::string() : *value;
    }

    std::string asked(std::string_view name_) const {
        const auto* value = oauth::lastOf(query, name_);
        return value == nullptr ? std::string() : *value;
    }
};

class ScriptedMaas final : public http::Caller {
  public:
    std::map<std::string, std::deque<Answer>> answers;
    std::vector<Request> requests;
    bool reachable = true;

    // The requests of this name.
    std::vector<Request> sent(const std::string& name) const;

    net::Task<Result<std::unique_ptr<http::Call>>> start(http::RequestHead head) override;

  private:
    class Scripted;
};

// A machine as MAAS shows it.
std::string machineText(const std::string& id,
                        const std::string& status,
                        const std::string& more = {});

}  // namespace pcg::controlplane::maas

// SPDX-License-Identifier: Apache-2.0
// One link to the bus and what it carries: made from the papers as they are, with streams of its
// own. When the papers are renewed another one takes its place, and this one ends when its streams
// have (docs/adr/0007). Loop thread only; await stop() before destroying it.
#pragma once

#include "common/tunnel/acceptor.h"
#include "gateway/enrollment/enrollment.h"
#include "gateway/link/control_link.h"
#include "gateway/link/way_out.h"

#include <memory>
#include <string>

namespace pcg::gateway {

struct AttachmentParts {
    net::Loop& loop;
    const Clock& clock;
    Random& random;
    const Enrollment& enrollment;
    const WayOut& wayOut;
    bus::Transport worked;
    std::function<void(bus::Transport)> onTransport;
    stream::WindowPool& pool;
    wire::InstanceId boot;
    std::string hostname;
    std::string version;
    std::function<std::optional<AuditHeads>()> auditHeads;
    std::function<codec::json::Object(bool whole)> uploads;
    tunnel::StreamHandler handler;
    ControlSession::Events events;
    std::function<void(bus::LinkState)> onLink;
    std::uint64_t number = 0;  // of this attachment in its session
};

class Attachment {
  public:
    // From enrollment.record().provisioned.
    static Result<std::shared_ptr<Attachment>> create(AttachmentParts parts);

    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;

    Result<> start();

    // Streams that run may end within `drain`.
    net::Task<void> stop(std::chrono::milliseconds drain);

    // For its next link.
    void renewJwt(const std::string& jwt);

    std::uint64_t number() const { return number_; }

    // When the broker will end the link that is up now; never, if it cannot be told.
    WallTime tokenEnds() const { return tokenEnds_; }

    bool isUp() const { return link_->bus().state() == bus::LinkState::Up; }

    // What it was made with.
    const std::string& certificateChain() const { return certificateChain_; }

    ControlLink& link() { return *link_; }

    const ControlLink& link() const { return *link_; }

    tunnel::Acceptor& acceptor() { return *acceptor_; }

  private:
    Attachment() = default;

    void onLinkState(bus::LinkState state);

    std::uint64_t number_ = 0;
    std::string jwt_;
    std::string certificateChain_;
    WallTime tokenEnds_ = WallTime::max();
    std::function<void(bus::LinkState)> onLink_;
    std::unique_ptr<ControlLink> link_;
    std::unique_ptr<tunnel::Acceptor> acceptor_;
};

}  // namespace pcg::gateway

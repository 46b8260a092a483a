// SPDX-License-Identifier: Apache-2.0
// One cnats connection on our loop, from connect to destroy; never reconnected, never reused.
//
// cnats in event-loop mode over a plain descriptor does not block, except in connect and destroy:
// those two run on the owner's helper thread. Its callbacks (attach, read, write) come from any
// thread with its lock held, so they only set flags and post. Subscriptions are cnats' synchronous
// ones, emptied on the loop after each read: no thread per subscription, no hop. The descriptor is
// duplicated for Asio, since cnats closes its own whenever it likes. Everything here is for the
// loop thread unless it says otherwise. Source: nats.c v3.4.1, natsOptions_SetEventLoop; measured
// figures in docs/adr/0006.
#pragma once

#include "common/base/bytes.h"
#include "common/bus/registration.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

struct __natsConnection;  // NOLINT(bugprone-reserved-identifier,cert-dcl*): theirs
struct __natsStatistics;  // NOLINT(bugprone-reserved-identifier,cert-dcl*): theirs

namespace pcg::bus {

struct CnatsLogin {
    std::string clientName;
    std::uint16_t port = 0;  // on loopback
    std::string userJwt;
    std::string publicKey;
    Bytes signature;  // of the nonce that the greeting holds
    std::chrono::milliseconds limit{0};
    std::chrono::milliseconds pingInterval{0};
};

class CnatsLink : public std::enable_shared_from_this<CnatsLink> {
  public:
    struct Events {
        // Once, posted: cnats gave up the connection; with what the broker said, if it said
        // anything.
        std::function<void(std::optional<Error>)> onLost;
        std::function<void()> onWritten;  // the buffer got shorter
    };

    CnatsLink(net::Executor executor, Events events);
    ~CnatsLink();

    // Helper thread. Blocks up to login.limit.
    Result<> connectBlocking(CnatsLogin login);

    // Helper thread, after retire(). Blocks at most milliseconds when the other end of the socket
    // is closed.
    void destroyBlocking();

    // After a successful connectBlocking: begins to read.
    void start();

    Result<> subscribe(const RegistrationPtr& registration);
    void unsubscribe(Registration& registration);
    // Delivers on until retire() or unsubscribe().
    void drainSubscription(Registration& registration);
    Result<> publish(std::string_view subject, BytesView payload, std::string_view replyTo);
    std::size_t buffered() const;

    // No more writes: the bridge reads what is left, then the end.
    void shutdownSend();

    // The loop lets go: no cnats call from the loop and no event after this. May be called from an
    // event.
    void retire();

  private:
    friend struct CnatsCallbacks;

    void waitReadable();
    void waitWritable();
    void processWrite();
    void drain();
    bool deliverOne(const RegistrationPtr& registration);
    void lost();
    void writeWanted();  // any thread

    net::Executor executor_;
    Events events_;
    __natsConnection* connection_ = nullptr;
    CnatsLogin login_;
    int duplicate_ = -1;
    net::TcpSocket socket_;
    std::vector<RegistrationPtr> registrations_;  // the most recently busy first
    std::vector<__natsSubscription*> handles_;    // to destroy
    __natsStatistics* statistics_ = nullptr;
    std::uint64_t messagesSeen_ = 0;
    bool retired_ = false;
    bool waitingToWrite_ = false;
    std::atomic<bool> wantsWrite_{false};
    std::atomic<bool> writePosted_{false};
    std::string subjectScratch_;
    std::string replyScratch_;
};

}  // namespace pcg::bus

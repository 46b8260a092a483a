// SPDX-License-Identifier: Apache-2.0
#include "common/bus/cnats_link.h"

#include "common/bus/errc.h"
#include "common/log/log.h"

#include <nats/nats.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>

#include <unistd.h>

namespace pcg::bus {
namespace {

constexpr log::Logger kLog{"bus"};
constexpr int kIoBuffer = 128 * 1024;
constexpr int kSendWindow = 256 * 1024;
// Reads until cnats has seen the end of a closed socket; each takes up to kIoBuffer of a small
// window.
constexpr int kMaxFinalReads = 256;
constexpr std::chrono::milliseconds kDrainLimit{15'000};

char* copyText(const std::string& text) { return ::strdup(text.c_str()); }

Error errorOf(natsStatus status, const char* text) {
    std::string why = text != nullptr && *text != '\0' ? text : natsStatus_GetText(status);
    // cnats puts its own source line before the text: "(conn.c:1905): Authorization Violation".
    if (const auto place = why.find("): "); why.starts_with('(') && place != std::string::npos)
        why.erase(0, place + 3);
    if (status == NATS_CONNECTION_AUTH_FAILED || why.find("uthorization") != std::string::npos ||
        why.find("uthentication") != std::string::npos) {
        return Error(kRefused,
                     "the broker refuses our credentials: " + why +
                         "; if the gateway was removed in the portal, pair it again");
    }
    if (status == NATS_MAX_PAYLOAD)
        return Error(kTooLarge, "the message is over the broker's max_payload");
    return Error(kDown, "the broker ended the link: " + why);
}

void logAsyncError(natsConnection* connection, natsSubscription*, natsStatus status, void*) {
    const char* text = nullptr;
    natsConnection_GetLastError(connection, &text);
    kLog.warn("bus.broker_error",
              {{"status", natsStatus_GetText(status)}, {"text", text != nullptr ? text : ""}});
}

struct OptionsDeleter {
    void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
};

using OptionsPtr = std::unique_ptr<natsOptions, OptionsDeleter>;

}  // namespace

// What cnats calls, from whatever thread, with its lock held.
struct CnatsCallbacks {
    static CnatsLink& link(void* data) { return *static_cast<CnatsLink*>(data); }

    static natsStatus attach(void** data, void* closure, natsConnection* connection, natsSock fd) {
        CnatsLink& self = link(closure);
        *data = closure;
        self.connection_ = connection;
        self.duplicate_ = ::dup(fd);
        const int window = kSendWindow;
        ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &window, sizeof window);
        return self.duplicate_ < 0 ? NATS_IO_ERROR : NATS_OK;
    }

    static natsStatus read(void* data, bool add) {
        if (!add)
            net::asio::post(link(data).executor_,
                            [self = link(data).shared_from_this()] { self->lost(); });
        return NATS_OK;
    }

    static natsStatus write(void* data, bool add) {
        link(data).wantsWrite_ = add;
        if (add) link(data).writeWanted();
        return NATS_OK;
    }

    static natsStatus detach(void*) { return NATS_OK; }

    static natsStatus userJwt(char** jwt, char**, void* closure) {
        *jwt = copyText(link(closure).login_.userJwt);
        return *jwt == nullptr ? NATS_NO_MEMORY : NATS_OK;
    }

    static natsStatus sign(
        char**, unsigned char** signature, int* size, const char*, void* closure) {
        const Bytes& made = link(closure).login_.signature;
        auto* copy = static_cast<unsigned char*>(std::malloc(made.size() + 1));
        if (copy == nullptr) return NATS_NO_MEMORY;
        std::copy(made.begin(), made.end(), copy);
        *signature = copy;
        *size = static_cast<int>(made.size());
        return NATS_OK;
    }

    static natsStatus configure(natsOptions* options, CnatsLink& self) {
        const CnatsLogin& login = self.login_;
        const std::string url = "nats://127.0.0.1:" + std::to_string(login.port);
        natsStatus s = natsOptions_SetURL(options, url.c_str());
        const auto then = [&s](natsStatus next) { s = s == NATS_OK ? next : s; };
        then(natsOptions_SetName(options, login.clientName.c_str()));
        then(natsOptions_SetNoRandomize(options, true));
        then(natsOptions_IPResolutionOrder(options, 4));
        then(natsOptions_SetSendAsap(options, true));
        then(natsOptions_SetAllowReconnect(options, false));
        then(natsOptions_SetReconnectBufSize(options, 0));
        then(natsOptions_SetFailRequestsOnDisconnect(options, true));
        then(natsOptions_SetIgnoreDiscoveredServers(options, true));
        then(natsOptions_SetTimeout(options, login.limit.count()));
        then(natsOptions_SetIOBufSize(options, kIoBuffer));
        // cnats only sends the pings; whether the link is alive is judged on the loop (NatsBus),
        // because its own judgement would close the descriptor from its timer thread.
        then(natsOptions_SetPingInterval(options, login.pingInterval.count()));
        then(natsOptions_SetMaxPingsOut(options, std::numeric_limits<int>::max() / 2));
        then(natsOptions_SetErrorHandler(options, &logAsyncError, nullptr));
        then(natsOptions_SetEventLoop(options, &self, &attach, &read, &write, &detach));
        if (!login.userJwt.empty()) {
            then(natsOptions_SetUserCredentialsCallbacks(options, &userJwt, &self, &sign, &self));
        } else if (!login.publicKey.empty()) {
            then(natsOptions_SetNKey(options, login.publicKey.c_str(), &sign, &self));
        }
        return s;
    }
};

CnatsLink::CnatsLink(net::Executor executor, Events events)
    : executor_(executor), events_(std::move(events)), socket_(executor) {}

CnatsLink::~CnatsLink() {
    natsStatistics_Destroy(statistics_);
    if (duplicate_ >= 0) ::close(duplicate_);
}

Result<> CnatsLink::connectBlocking(CnatsLogin login) {
    login_ = std::move(login);
    natsOptions* raw = nullptr;
    natsStatus status = natsOptions_Create(&raw);
    const OptionsPtr options(raw);
    if (status == NATS_OK) status = CnatsCallbacks::configure(options.get(), *this);
    natsConnection* connection = nullptr;
    if (status == NATS_OK) status = natsConnection_Connect(&connection, options.get());
    if (status == NATS_OK) {
        connection_ = connection;
        return {};
    }
    connection_ = nullptr;
    const char* text = nats_GetLastError(nullptr);
    return fail(errorOf(status, text));
}

void CnatsLink::destroyBlocking() {
    if (connection_ == nullptr) return;
    // Destroying an open connection with unsent data would wait half a second for a PONG that
    // cannot come.
    for (int i = 0; i < kMaxFinalReads && !natsConnection_IsClosed(connection_); ++i) {
        natsConnection_ProcessReadEvent(connection_);
    }
    for (natsSubscription* handle : handles_) natsSubscription_Destroy(handle);
    handles_.clear();
    natsConnection_Destroy(connection_);
    connection_ = nullptr;
}

void CnatsLink::start() {
    boost::system::error_code error;
    socket_.assign(net::asio::ip::tcp::v4(), std::exchange(duplicate_, -1), error);
    if (error || natsStatistics_Create(&statistics_) != NATS_OK) return lost();
    waitReadable();
    if (wantsWrite_) writeWanted();
}

void CnatsLink::waitReadable() {
    socket_.async_wait(net::asio::socket_base::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           if (error || self->retired_) return;
                           natsConnection_ProcessReadEvent(self->connection_);
                           self->drain();
                           if (!self->retired_) self->waitReadable();
                       });
}

void CnatsLink::writeWanted() {
    if (writePosted_.exchange(true)) return;
    // Posted, not called: the publishes of one handler leave in one write.
    net::asio::post(executor_, [self = shared_from_this()] {
        self->writePosted_ = false;
        if (!self->retired_ && !self->waitingToWrite_) self->processWrite();
    });
}

void CnatsLink::processWrite() {
    if (!socket_.is_open()) return;  // start() has not run yet; it comes back here
    if (wantsWrite_) natsConnection_ProcessWriteEvent(connection_);
    if (wantsWrite_) waitWritable();
    if (events_.onWritten) events_.onWritten();
}

void CnatsLink::waitWritable() {
    waitingToWrite_ = true;
    socket_.async_wait(net::asio::socket_base::wait_write,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           self->waitingToWrite_ = false;
                           if (!error && !self->retired_) self->processWrite();
                       });
}

// A read brings a few messages for a few of many subscriptions: the busiest are asked first, and as
// soon as as many messages were found as cnats counted, the rest need not be asked.
void CnatsLink::drain() {
    std::uint64_t total = messagesSeen_;
    natsConnection_GetStats(connection_, statistics_);
    natsStatistics_GetCounts(statistics_, &total, nullptr, nullptr, nullptr, nullptr);
    std::uint64_t expected = total - std::exchange(messagesSeen_, total);

    for (std::size_t i = 0; expected > 0 && i < registrations_.size(); ++i) {
        const RegistrationPtr registration = registrations_[i];
        bool busy = false;
        while (deliverOne(registration)) {
            busy = true;
            expected -= std::min<std::uint64_t>(expected, 1);
            if (retired_) return;
        }
        const auto place = registrations_.begin() +
                           static_cast<std::ptrdiff_t>(std::min(i, registrations_.size()));
        if (busy && i < registrations_.size() && *place == registration) {
            std::rotate(registrations_.begin(), place, place + 1);
        }
    }
    std::erase_if(registrations_, [](const RegistrationPtr& r) { return r->cancelled; });
}

bool CnatsLink::deliverOne(const RegistrationPtr& registration) {
    if (registration->cancelled || registration->handle == nullptr) return false;
    natsMsg* message = nullptr;
    const natsStatus status = natsSubscription_NextMsg(&message, registration->handle, 0);
    if (status == NATS_NO_RESPONDERS) {
        if (registration->handlers.onNoResponders) registration->handlers.onNoResponders();
        return true;
    }
    if (status != NATS_OK) return false;
    const std::unique_ptr<natsMsg, void (*)(natsMsg*)> owner(message, &natsMsg_Destroy);
    Message seen;
    seen.subject = natsMsg_GetSubject(message);
    if (const char* reply = natsMsg_GetReply(message)) seen.replyTo = reply;
    seen.payload = asBytes(
        {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))});
    if (registration->handlers.onMessage) registration->handlers.onMessage(seen);
    return true;
}

Result<> CnatsLink::subscribe(const RegistrationPtr& registration) {
    natsSubscription* handle = nullptr;
    const natsStatus status =
        registration->queueGroup.empty()
            ? natsConnection_SubscribeSync(&handle, connection_, registration->subject.c_str())
            : natsConnection_QueueSubscribeSync(&handle,
                                                connection_,
                                                registration->subject.c_str(),
                                                registration->queueGroup.c_str());
    if (status != NATS_OK) return fail(errorOf(status, nullptr));
    // Emptied after every read, so what is pending is bounded by one read.
    natsSubscription_SetPendingLimits(handle, -1, -1);
    registration->handle = handle;
    registrations_.push_back(registration);
    return {};
}

void CnatsLink::unsubscribe(Registration& registration) {
    natsSubscription* handle = std::exchange(registration.handle, nullptr);
    if (handle == nullptr || retired_) return;
    natsSubscription_Unsubscribe(handle);
    natsSubscription_Destroy(handle);
    // drain() may be iterating: it drops what is cancelled.
}

void CnatsLink::drainSubscription(Registration& registration) {
    if (registration.handle == nullptr || retired_) return;
    // cnats sends the UNSUB and waits for the broker's word behind it on a thread of its own, for
    // as long as a silent link may live; until then it takes what arrives.
    natsSubscription_DrainTimeout(registration.handle, kDrainLimit.count());
}

Result<> CnatsLink::publish(std::string_view subject, BytesView payload, std::string_view replyTo) {
    subjectScratch_.assign(subject);
    const int size = static_cast<int>(payload.size());
    natsStatus status = NATS_OK;
    if (replyTo.empty()) {
        status = natsConnection_Publish(connection_, subjectScratch_.c_str(), payload.data(), size);
    } else {
        replyScratch_.assign(replyTo);
        status = natsConnection_PublishRequest(
            connection_, subjectScratch_.c_str(), replyScratch_.c_str(), payload.data(), size);
    }
    if (status != NATS_OK) return fail(errorOf(status, nullptr));
    return {};
}

std::size_t CnatsLink::buffered() const {
    return static_cast<std::size_t>(std::max(0, natsConnection_Buffered(connection_)));
}

void CnatsLink::shutdownSend() {
    boost::system::error_code ignored;
    socket_.shutdown(net::asio::socket_base::shutdown_send, ignored);
}

void CnatsLink::lost() {
    if (retired_) return;
    const char* text = nullptr;
    const natsStatus status = natsConnection_GetLastError(connection_, &text);
    const auto onLost = std::exchange(events_.onLost, nullptr);
    if (!onLost) return;
    // A permission that was denied earlier is kept as the last error; it did not end the link.
    const bool said =
        text != nullptr && *text != '\0' && std::strstr(text, "ermissions Violation") == nullptr;
    onLost(said ? std::optional(errorOf(status, text)) : std::nullopt);
}

void CnatsLink::retire() {
    if (std::exchange(retired_, true)) return;
    for (const RegistrationPtr& registration : registrations_) {
        if (natsSubscription* handle = std::exchange(registration->handle, nullptr))
            handles_.push_back(handle);
    }
    boost::system::error_code ignored;
    socket_.close(ignored);
}

}  // namespace pcg::bus

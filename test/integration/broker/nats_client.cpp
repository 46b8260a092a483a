// SPDX-License-Identifier: Apache-2.0
#include "test/integration/broker/nats_client.h"

#include "common/base/synchronized.h"
#include "common/bus/errc.h"

#include <nats/nats.h>

#include <cstdlib>
#include <cstring>
#include <future>

namespace pcg::test {
namespace {

char* copyOf(std::string_view text) {
    auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
    std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = 0;
    return copy;
}

constexpr std::string_view kUnluckySignature = "the signature begins with a zero byte";

natsStatus giveJwt(char** jwt, char** /*error*/, void* closure) {
    *jwt = copyOf(static_cast<NatsLogin*>(closure)->jwt);
    return NATS_OK;
}

natsStatus giveSignature(
    char** error, unsigned char** signature, int* size, const char* nonce, void* closure) {
    const auto made = static_cast<NatsLogin*>(closure)->sign(nonce);
    if (!made) {
        *error = copyOf(made.error().message());
        return NATS_ERR;
    }
    // cnats 3.4.1 takes a signature whose first byte is zero for an empty one and sends none: one
    // login in 256 is refused. Another nonce helps.
    if (made->front() == 0) {
        *error = copyOf(kUnluckySignature);
        return NATS_ERR;
    }
    *signature = reinterpret_cast<unsigned char*>(copyOf(asText(*made)));
    *size = static_cast<int>(made->size());
    return NATS_OK;
}

struct OptionsFreer {
    void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
};

}  // namespace

struct NatsClient::State {
    NatsLogin login;
    natsConnection* connection = nullptr;
    std::promise<void> closed;
    std::future<void> closedFuture = closed.get_future();
    Synchronized<std::string> error;  // permission violations, in their order

    ~State() {
        if (connection != nullptr) {
            natsConnection_Close(connection);
            closedFuture.wait();  // the callback uses this object
            natsConnection_Destroy(connection);
        }
    }
};

NatsSubscription::~NatsSubscription() {
    natsSubscription_Destroy(static_cast<natsSubscription*>(handle_));
}

std::optional<std::string> NatsSubscription::next(std::chrono::milliseconds limit) {
    natsMsg* message = nullptr;
    const auto status =
        natsSubscription_NextMsg(&message, static_cast<natsSubscription*>(handle_), limit.count());
    if (status == NATS_NO_RESPONDERS) return "no responders";
    if (status != NATS_OK) return std::nullopt;
    std::string text = natsMsg_GetSubject(message);
    text += "|" + std::string(natsMsg_GetData(message),
                              static_cast<std::size_t>(natsMsg_GetDataLength(message)));
    natsMsg_Destroy(message);
    return text;
}

std::size_t NatsSubscription::waiting() {
    std::uint64_t count = 0;
    natsSubscription_QueuedMsgs(static_cast<natsSubscription*>(handle_), &count);
    return count;
}

NatsClient::NatsClient(std::unique_ptr<State> state) : state_(std::move(state)) {}

NatsClient::~NatsClient() = default;

Result<std::unique_ptr<NatsClient>> NatsClient::connect(const NatsLogin& login) {
    for (;;) {
        auto client = connectOnce(login);
        if (client || client.error().message().find(kUnluckySignature) == std::string::npos)
            return client;
    }
}

Result<std::unique_ptr<NatsClient>> NatsClient::connectOnce(const NatsLogin& login) {
    auto state = std::make_unique<State>();
    state->login.port = login.port;
    state->login.jwt = login.jwt;
    state->login.sign = login.sign;
    natsOptions* raw = nullptr;
    natsOptions_Create(&raw);
    const std::unique_ptr<natsOptions, OptionsFreer> options(raw);
    natsOptions_SetURL(raw, ("tls://127.0.0.1:" + std::to_string(login.port)).c_str());
    natsOptions_SetSecure(raw, true);
    natsOptions_SetCATrustedCertificates(raw, login.caPem.c_str());
    if (login.identity) {
        natsOptions_SetCertificatesChain(raw,
                                         login.identity->chainPem.c_str(),
                                         std::string(login.identity->keyPem.revealText()).c_str());
    }
    natsOptions_SetAllowReconnect(raw, false);
    natsOptions_SetTimeout(raw, 10'000);
    if (!login.inboxPrefix.empty())
        natsOptions_SetCustomInboxPrefix(raw, login.inboxPrefix.c_str());
    natsOptions_SetUserCredentialsCallbacks(
        raw, giveJwt, &state->login, giveSignature, &state->login);
    natsOptions_SetClosedCB(
        raw,
        [](natsConnection*, void* closure) { static_cast<State*>(closure)->closed.set_value(); },
        state.get());
    const auto status = natsConnection_Connect(&state->connection, raw);
    if (status != NATS_OK) {
        const char* detail = nats_GetLastError(nullptr);
        return fail(
            bus::kRefused,
            std::string(natsStatus_GetText(status)) + ": " + (detail != nullptr ? detail : ""));
    }
    return std::unique_ptr<NatsClient>(new NatsClient(std::move(state)));
}

void NatsClient::publish(const std::string& subject,
                         const std::string& payload,
                         const std::string& replyTo) {
    const auto size = static_cast<int>(payload.size());
    if (replyTo.empty()) {
        natsConnection_Publish(state_->connection, subject.c_str(), payload.data(), size);
    } else {
        natsConnection_PublishRequest(
            state_->connection, subject.c_str(), replyTo.c_str(), payload.data(), size);
    }
}

std::unique_ptr<NatsSubscription> NatsClient::subscribe(const std::string& subject,
                                                        const std::string& queue) {
    natsSubscription* handle = nullptr;
    const auto status =
        queue.empty() ? natsConnection_SubscribeSync(&handle, state_->connection, subject.c_str())
                      : natsConnection_QueueSubscribeSync(
                            &handle, state_->connection, subject.c_str(), queue.c_str());
    if (status != NATS_OK) return nullptr;
    return std::make_unique<NatsSubscription>(handle);
}

Result<std::string> NatsClient::request(const std::string& subject, const std::string& payload) {
    natsMsg* reply = nullptr;
    const auto status = natsConnection_Request(&reply,
                                               state_->connection,
                                               subject.c_str(),
                                               payload.data(),
                                               static_cast<int>(payload.size()),
                                               5'000);
    if (status != NATS_OK) return fail(bus::kTimeout, natsStatus_GetText(status));
    std::string text(natsMsg_GetData(reply),
                     static_cast<std::size_t>(natsMsg_GetDataLength(reply)));
    natsMsg_Destroy(reply);
    return text;
}

std::string NatsClient::errorAfterFlush() {
    // The broker's objection comes before its PONG, on one stream: after the round trip it has been
    // read.
    natsConnection_FlushTimeout(state_->connection, 5'000);
    return lastError();
}

bool NatsClient::closedWithin(std::chrono::milliseconds limit) {
    return state_->closedFuture.wait_for(limit) == std::future_status::ready;
}

std::string NatsClient::lastError() {
    const char* text = nullptr;
    natsConnection_GetLastError(state_->connection, &text);
    return text != nullptr ? text : "";
}

}  // namespace pcg::test

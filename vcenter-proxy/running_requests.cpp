// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/running_requests.h"

#include "vcenter-proxy/errc.h"

namespace pcg::proxy {
namespace {

std::optional<Error> whyOver(const ClientSide& client, WallTime now) {
    if (client.hasExpired(now)) return Error(errc::kInvalidLogin, "the access key has expired");
    const auto* rule = client.timeLimit() ? client.timeLimit()->endedBy(now) : nullptr;
    if (rule == nullptr) return std::nullopt;
    return Error(errc::kWindowClosed,
                 "the time that the policy gives it is over (" + rule->label() + ")");
}

}  // namespace

void RunningRequests::cutIf(const Why& why) {
    const auto now = requests_;  // whoever is cut may leave at once
    for (const auto& [client, endpoint] : now) {
        if (!requests_.contains(client)) continue;
        if (const auto error = why(*client, *endpoint)) client->cut(*error);
    }
}

void RunningRequests::cutAll(const Error& why) {
    cutIf([&](const ClientSide&, const Endpoint&) { return std::optional(why); });
}

void RunningRequests::cutWhatChanges(const Error& why) {
    cutIf([&](const ClientSide& client, const Endpoint&) {
        return client.isReading() ? std::nullopt : std::optional(why);
    });
}

void RunningRequests::cutOf(const wire::AccessKeyId& key, const Error& why) {
    cutIf([&](const ClientSide& client, const Endpoint&) {
        return client.isOf(key) ? std::optional(why) : std::nullopt;
    });
}

void RunningRequests::cutAt(const Endpoint& endpoint, const Error& why) {
    cutIf([&](const ClientSide&, const Endpoint& one) {
        return &one == &endpoint ? std::optional(why) : std::nullopt;
    });
}

void RunningRequests::cutWhatIsOver(WallTime now) {
    cutIf([now](const ClientSide& client, const Endpoint&) { return whyOver(client, now); });
}

void RunningRequests::judgeAgain() {
    cutIf([](const ClientSide& client, const Endpoint&) -> std::optional<Error> {
        const auto judged = client.judgeAgain();
        if (judged) return std::nullopt;
        return Error(judged.error().code(),
                     "the policy changed while it ran: " + judged.error().message());
    });
}

}  // namespace pcg::proxy

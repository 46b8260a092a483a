// SPDX-License-Identifier: Apache-2.0
#include "gateway/remote/remote_gate.h"

#include "common/base/text.h"
#include "common/codec/base64url.h"
#include "common/log/log.h"
#include "gateway/endpoints/new_endpoint.h"
#include "gateway/errc.h"

#include <algorithm>

namespace pcg::gateway {
namespace {

constexpr log::Logger kLog("remote");

struct Kept {
    std::optional<RemoteAccess> access;
    Secret key;
};

}  // namespace

net::Task<Result<>> RemoteGate::open(store::Scope scope,
                                     const GatewayKeys& keys,
                                     std::optional<RemoteAccess> granted) {
    auto work = [scope](Storage storage) -> Result<Kept> {
        auto access = PCG_TRY(storedRemoteAccess(storage, scope));
        auto key = PCG_TRY(sealingKey(storage, scope));
        return Kept{std::move(access), std::move(key)};
    };
    PCG_CO_TRY(auto kept, co_await parts_.state.run(std::move(work)));
    PCG_CO_TRY(auto scalar, crypto::Scalar::parse(kept.key.reveal()));
    const auto gatewayId = keys.gatewayId();
    const auto publicKey = crypto::Point::multiplyGenerator(scalar).bytes();
    const auto statement = pairing::sealingKeyStatement(gatewayId, publicKey);
    PCG_CO_TRY(const auto signature, keys.device.signEs256(statement));
    scope_ = std::move(scope);
    gatewayId_ = gatewayId;
    key_ = std::move(scalar);
    keyId_ = pairing::sealingKeyId(publicKey);
    facts_ = SealingFacts{codec::base64UrlEncode(publicKey), codec::base64UrlEncode(signature)};
    access_ = kept.access.value_or(granted.value_or(parts_.fallback));
    ++sets_;
    kLog.info("remote.open",
              {{"sealing_key", keyId_}, {"endpoints", access_.endpoints}, {"keys", access_.keys}});
    co_return Result<>{};
}

void RemoteGate::close() {
    key_.reset();
    keyId_.clear();
    facts_.reset();
    access_ = {};
    ++sets_;
}

Result<> RemoteGate::require(RemoteRight right) const {
    if (right == RemoteRight::Endpoints && !access_.endpoints) {
        return fail(errc::kNotAllowed,
                    "The data center has not allowed its endpoints to be administered from the "
                    "portal. Its admin can allow it on the gateway with: pcgctl remote allow "
                    "endpoints; or do it there with: pcgctl endpoint.");
    }
    if (right == RemoteRight::Keys && !access_.keys) {
        return fail(errc::kNotAllowed,
                    "The data center has not allowed its access keys to be administered from the "
                    "portal. Its admin can allow it on the gateway with: pcgctl remote allow keys; "
                    "or do it there with: pcgctl key.");
    }
    return {};
}

net::Task<Result<>> RemoteGate::set(RemoteAccess access) {
    if (!key_) {
        co_return fail(errc::kNotPaired,
                       "The gateway belongs to no tenant yet, so there is nobody to allow it to. "
                       "Pair it first, or set remote_endpoints and remote_keys in its "
                       "configuration.");
    }
    const RemoteAccess least{access_.endpoints && access.endpoints, access_.keys && access.keys};
    const bool takes = least != access_;
    access_ = least;
    if (takes && parts_.changed) parts_.changed();
    const auto asked = ++sets_;
    auto work = [scope = scope_, access](Storage storage) {
        return storeRemoteAccess(storage, scope, access);
    };
    const auto kept = co_await parts_.state.run(std::move(work));
    if (!kept && takes) {
        co_return fail(errc::kNotKept,
                       "What was taken away counts now, but could not be written (" +
                           kept.error().message() +
                           "): a restart of the gateway would forget it. Try again.");
    }
    PCG_CO_CHECK(kept);
    kLog.info("remote.access", {{"endpoints", access.endpoints}, {"keys", access.keys}});
    parts_.audit.note("remote.access", toJson(access));
    if (asked != sets_) co_return Result<>{};  // set again, or unpaired, meanwhile
    access_ = access;
    if (parts_.changed) parts_.changed();
    co_return Result<>{};
}

Result<pairing::PasswordCredentials> RemoteGate::unseal(std::string_view sealed,
                                                        std::string_view keyId,
                                                        std::string_view name,
                                                        std::string_view kind) const {
    if (!key_ || keyId != keyId_) {
        return badField("credentials.key_id",
                        "is not the gateway's present sealing key; it changes when the gateway is "
                        "paired. Read the gateway again and seal the credentials to its key.");
    }
    const auto box = codec::base64UrlDecode(sealed);
    if (!box) return badField("credentials.sealed", box.error().message());
    const auto text = pairing::openCredentials(*box, *key_, {gatewayId_, name, kind});
    if (!text) return badField("credentials.sealed", text.error().message() + ".");
    auto credentials = pairing::PasswordCredentials::parse(*text);
    if (!credentials) return badField("credentials.sealed", credentials.error().message() + ".");
    return std::move(*credentials);
}

bool namesEndpoint(const policy::Policy* policy, std::string_view endpoint) {
    const auto isMeant = [&](const auto& one) {
        return equalsIgnoreCaseAscii(one.endpoint, endpoint);
    };
    return policy != nullptr &&
           (std::any_of(policy->assign.begin(), policy->assign.end(), isMeant) ||
            std::any_of(policy->endpoints.begin(), policy->endpoints.end(), isMeant));
}

}  // namespace pcg::gateway

// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/maas_identity.h"

#include "common/base/text.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>
#include <charconv>

namespace pcg::proxy::maas {
namespace {

// A clock that is wrong by more than a day is nobody's.
constexpr std::int64_t kFutureSeconds = 24 * 3600;
constexpr std::size_t kLongestNonce = 256;

std::int64_t unixNow(const RequestContext& context) {
    return toUnixMilliseconds(context.services.clock.wallNow()) / 1000;
}

std::optional<std::int64_t> secondsOf(std::string_view text) {
    std::int64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    const bool sane = value >= 0 && value < 1'000'000'000'000;
    if (text.empty() || read.ec != std::errc() || read.ptr != end || !sane) return std::nullopt;
    return value;
}

Result<> checkTime(const oauth::Authorization& shown, std::int64_t now) {
    const auto given = secondsOf(shown.timestamp);
    if (!given) return fail(errc::kBadHeader, "Bad Request: oauth_timestamp is not a number");
    const auto text = "given " + std::to_string(*given) + " and now " + std::to_string(now) +
                      " has a greater difference than threshold 300'";
    if (now - *given > kThresholdSeconds) {
        return fail(errc::kStaleRequest, "'Expired timestamp: " + text);
    }
    if (*given - now > kFutureSeconds) {
        return fail(errc::kStaleRequest, "'Timestamp in the future: " + text);
    }
    return {};
}

// Each name once, with its last value: what MAAS puts under its signature.
oauth::Parameters lastOfEach(const oauth::Parameters& all) {
    oauth::Parameters last;
    for (const auto& one : all) {
        const auto known = std::find_if(
            last.begin(), last.end(), [&](const auto& other) { return other.name == one.name; });
        if (known == last.end()) {
            last.push_back(one);
        } else {
            known->value = one.value;
        }
    }
    return last;
}

oauth::Parameters together(const oauth::Parameters& one, const oauth::Parameters& two) {
    auto all = one;
    all.insert(all.end(), two.begin(), two.end());
    return all;
}

// Self-contained: it is asked on the storage thread.
class SignatureProof final : public Proof {
  public:
    bool holds(const Secret& secret) const override {
        if (plaintext) return oauth::matchesPlaintext(signature, secret);
        bool right = false;
        for (const auto& base : bases) {
            right = oauth::matchesHmacSha1(signature, base, secret) || right;
        }
        return right;
    }

    bool plaintext = false;
    Secret signature;
    std::vector<std::string> bases;  // RFC 5849's, and MAAS's where that differs
};

void addBases(SignatureProof& proof,
              std::string_view method,
              std::string_view uri,
              const oauth::Parameters& parameters) {
    proof.bases.push_back(oauth::baseString(method, uri, parameters));
    const auto last = lastOfEach(parameters);
    if (last.size() != parameters.size()) {
        proof.bases.push_back(oauth::baseString(method, uri, last));
    }
}

// A form is signed with POST; with PUT and DELETE clients differ (MAAS itself leaves it out).
std::shared_ptr<const SignatureProof> proofOf(const RequestContext& context,
                                              const oauth::Authorization& shown,
                                              const Target& target,
                                              const Form* form) {
    auto proof = std::make_shared<SignatureProof>();
    proof->plaintext = shown.knownMethod() == oauth::Method::Plaintext;
    proof->signature = shown.signature.clone();
    if (proof->plaintext) return proof;
    const auto& method = context.client.request().method;
    const auto uri = oauth::baseUri("https", context.client.host(), target.path);
    const auto bare = together(shown.parameters, target.parameters);
    const bool has_form = form != nullptr && !form->parameters.empty();
    if (!has_form || method != "POST") addBases(*proof, method, uri, bare);
    if (has_form) addBases(*proof, method, uri, together(bare, form->parameters));
    return proof;
}

}  // namespace

Result<oauth::Authorization> readAuthorization(const RequestContext& context) {
    // gomaasapi adds one each time that it asks again, and leaves those that were used: the last.
    const std::string* field = nullptr;
    for (const auto& header : context.client.request().headers) {
        if (equalsIgnoreCaseAscii(header.name, "authorization")) field = &header.value;
    }
    if (field == nullptr) return fail(errc::kNotAuthenticated, "there is no Authorization field");
    auto shown = oauth::Authorization::parse(*field);
    if (!shown) return fail(errc::kNotAuthenticated, shown.error().message());
    const bool version = shown->version.empty() || shown->version == "1.0";
    if (!version || !shown->knownMethod() || shown->consumer != kConsumer ||
        !wire::parseAccessKeyId(shown->token) || shown->nonce.size() > kLongestNonce) {
        return fail(errc::kInvalidLogin, "the API key is not an access key of this gateway");
    }
    PCG_TRY(checkTime(*shown, unixNow(context)));
    return shown;
}

net::Task<Result<Principal>> identify(RequestContext& context,
                                      const oauth::Authorization& shown,
                                      const Target& target,
                                      const Form* form) {
    auto key = wire::parseAccessKeyId(shown.token);
    if (!key) co_return fail(errc::kInvalidLogin, "the token is not an access key id");
    const auto text = key->text();
    auto endpoint = context.endpoint->config.id;
    std::shared_ptr<const Proof> proof = proofOf(context, shown, target, form);
    PCG_CO_TRY(auto principal,
               co_await context.services.keys.verifyBy(
                   std::move(endpoint), std::move(*key), std::move(proof)));
    const auto now = unixNow(context);
    const auto given = secondsOf(shown.timestamp).value_or(now);
    const auto expires = std::max(given, now) + kThresholdSeconds;
    const auto taken = context.endpoint->maas.nonces.take(text, shown.nonce, expires, now);
    if (taken == Nonces::Taken::Used) {
        co_return fail(errc::kStaleRequest, "'Nonce already used: " + shown.nonce + "'");
    }
    if (taken == Nonces::Taken::Full) {
        co_return fail(errc::kBusy,
                       "too many requests within five minutes for the gateway to tell repeated "
                       "ones; try again later");
    }
    co_return principal;
}

}  // namespace pcg::proxy::maas

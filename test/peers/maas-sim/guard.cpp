// SPDX-License-Identifier: Apache-2.0
#include "test/peers/maas-sim/guard.h"

#include "common/base/text.h"

#include <algorithm>
#include <charconv>

namespace pcg::maassim {
namespace {

constexpr std::int64_t kThreshold = 300;
constexpr std::size_t kMostNonces = 1'000'000;

Reply unauthorised(const std::string& why) {
    auto reply = Reply::text(401, "Authorization Error: " + why);
    reply.headers.emplace_back("WWW-Authenticate", "OAuth realm=\"OAuth\"");
    return reply;
}

Reply forbidden() { return Reply::text(401, "Forbidden"); }

// Each name once, with the last of its values: a Python dict.
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

}  // namespace

void Guard::changeSecret(std::size_t account, std::string secret) {
    accounts_.at(account).key.secret = Secret::takeText(secret);
}

std::optional<Reply> Guard::checkFreshness(const oauth::Authorization& shown,
                                           std::int64_t unix_now) {
    std::int64_t timestamp = 0;
    const auto* end = shown.timestamp.data() + shown.timestamp.size();
    const auto read = std::from_chars(shown.timestamp.data(), end, timestamp);
    if (read.ec != std::errc() || read.ptr != end) {
        return Reply::text(
            400, "Bad Request: invalid literal for int() with base 10: '" + shown.timestamp + "'");
    }
    if (unix_now - timestamp > kThreshold) {
        return unauthorised("'Expired timestamp: given " + std::to_string(timestamp) + " and now " +
                            std::to_string(unix_now) +
                            " has a greater difference than threshold 300'");
    }
    if (nonces_.size() >= kMostNonces) nonces_.clear();
    if (!nonces_.insert(shown.consumer + "\n" + shown.token + "\n" + shown.nonce).second) {
        return unauthorised("'Nonce already used: " + shown.nonce + "'");
    }
    return std::nullopt;
}

std::optional<Reply> Guard::checkSignature(const oauth::Authorization& shown,
                                           const Asked& asked,
                                           const Secret& secret) const {
    const auto method = shown.knownMethod();
    if (!method) return unauthorised("'Invalid signature method.'");
    std::string base;
    bool right = false;
    if (*method == oauth::Method::Plaintext) {
        base = std::string(oauth::signingKey(secret).revealText());
        right = oauth::matchesPlaintext(shown.signature, secret);
    } else {
        auto all = asked.form;
        all.insert(all.end(), asked.query.begin(), asked.query.end());
        all.insert(all.end(), shown.parameters.begin(), shown.parameters.end());
        std::erase_if(all, [](const auto& one) { return one.name == "oauth_signature"; });
        base = oauth::baseString(asked.method, asked.uri, lastOfEach(all));
        right = oauth::matchesHmacSha1(shown.signature, base, secret);
    }
    if (right) return std::nullopt;
    return unauthorised("'Invalid signature." +
                        (leaks_secret ? " Expected signature base string: " + base : "") + "'");
}

tl::expected<User, Reply> Guard::check(const Asked& asked, std::int64_t unix_now) {
    auto both = asked.query;
    both.insert(both.end(), asked.form.begin(), asked.form.end());
    const auto shown = asked.authorization != nullptr
                           ? oauth::Authorization::parse(*asked.authorization)
                           : oauth::Authorization::fromParameters(both);
    if (!shown) return tl::unexpected(forbidden());
    if (!shown->version.empty() && shown->version != "1.0") {
        return tl::unexpected(
            unauthorised("'OAuth version " + shown->version + " not supported.'"));
    }
    const auto isConsumer = [&](const Account& one) { return one.key.consumer == shown->consumer; };
    if (std::none_of(accounts_.begin(), accounts_.end(), isConsumer)) {
        return tl::unexpected(unauthorised("Invalid API key."));
    }
    const auto account = std::find_if(accounts_.begin(), accounts_.end(), [&](const Account& one) {
        return isConsumer(one) && one.key.token == shown->token;
    });
    if (account == accounts_.end()) {
        return tl::unexpected(unauthorised("'Invalid access token: " + shown->token + "'"));
    }
    if (auto stale = checkFreshness(*shown, unix_now)) return tl::unexpected(std::move(*stale));
    if (auto wrong = checkSignature(*shown, asked, account->key.secret)) {
        return tl::unexpected(std::move(*wrong));
    }
    return account->user;
}

}  // namespace pcg::maassim

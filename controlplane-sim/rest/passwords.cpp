// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/passwords.h"

#include "common/base/text.h"
#include "common/codec/base64url.h"
#include "common/codec/utf8.h"
#include "common/crypto/kdf.h"

#include <csignal>
#include <memory>

#include <pthread.h>

namespace pcg::controlplane::rest {
namespace {

// Signals are for the loop's thread, which waits for them.
void nameAndShield() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    ::pthread_setname_np(::pthread_self(), "pcg-passwords");
}

constexpr std::chrono::seconds kRetry{1};
constexpr std::size_t kHashBytes = 32;
// A stored cost beyond this is not ours.
constexpr std::uint64_t kMaxN = 1ULL << 20;

struct Stored {
    crypto::ScryptCost cost;
    Bytes salt;
    Bytes hash;
};

std::string hashOf(const Secret& password, const ByteArray<16>& salt) {
    const crypto::ScryptCost cost;
    const auto hash = crypto::scrypt(password.reveal(), salt, cost, kHashBytes);
    return "scrypt$" + std::to_string(cost.n) + "$" + std::to_string(cost.r) + "$" +
           std::to_string(cost.p) + "$" + codec::base64UrlEncode(salt) + "$" +
           codec::base64UrlEncode(hash.reveal());
}

std::optional<Stored> parseStored(std::string_view text) {
    const auto parts = split(text, '$');
    if (parts.size() != 6 || parts[0] != "scrypt") return std::nullopt;
    const auto n = parseUnsigned(parts[1]);
    const auto r = parseUnsigned(parts[2]);
    const auto p = parseUnsigned(parts[3]);
    auto salt = codec::base64UrlDecode(parts[4]);
    auto hash = codec::base64UrlDecode(parts[5]);
    if (!n || !r || !p || !salt || !hash || *n > kMaxN || *r > 32 || *p > 16) return std::nullopt;
    return Stored{
        {*n, static_cast<std::uint32_t>(*r), static_cast<std::uint32_t>(*p)}, *salt, *hash};
}

bool matchesStored(const Secret& password, const std::string& text) {
    auto stored = parseStored(text);
    const bool real = stored && stored->hash.size() == kHashBytes;
    if (!real) stored = Stored{{}, Bytes(16), Bytes(kHashBytes)};
    const auto hash = crypto::scrypt(password.reveal(), stored->salt, stored->cost, kHashBytes);
    return constantTimeEqual(hash.reveal(), stored->hash) && real;
}

}  // namespace

Checked<> checkNewPassword(std::string_view field,
                           std::string_view password,
                           std::string_view username) {
    if (password.size() < kMinPasswordBytes || password.size() > kMaxPasswordBytes) {
        return refuseField(field,
                           "A password has " + std::to_string(kMinPasswordBytes) + " to " +
                               std::to_string(kMaxPasswordBytes) +
                               " bytes; a few words that nobody would guess do well.");
    }
    if (!codec::isUtf8(password)) return refuseField(field, "A password is UTF-8 text.");
    if (equalsIgnoreCaseAscii(password, username))
        return refuseField(field, "A password must not be the username.");
    return {};
}

std::string randomSecret(Random& random) { return codec::base64UrlEncode(random.array<32>()); }

Passwords::Passwords(Random& random)
    : random_(random), busy_(jobs_.get_executor()), thread_([this] {
          nameAndShield();
          jobs_.run();
      }) {}

Passwords::~Passwords() {
    busy_.reset();
    jobs_.stop();
}

net::Task<Checked<>> Passwords::run(std::function<void()> work) {
    // Shared, because the answer may find that nobody waits any more. The timer never fires: it is
    // what the answer wakes. It is only touched on the caller's loop.
    struct Answer {
        explicit Answer(net::Executor executor)
            : loop(executor), ready(executor, SteadyTime::max()) {}

        net::Executor loop;
        net::Timer ready;
        bool done = false;
    };

    if (waiting_.fetch_add(1) >= kQueued) {
        waiting_.fetch_sub(1);
        Refusal busy(503, "api.sign_in_busy", "Many people sign in at this moment: try again.");
        busy.retryAfter = kRetry;
        co_return tl::unexpected<Refusal>(std::move(busy));
    }
    auto loop = co_await net::asio::this_coro::executor;
    auto answer = std::make_shared<Answer>(loop);
    net::asio::post(jobs_, [this, answer, work = std::move(work)]() mutable {
        work();
        waiting_.fetch_sub(1);
        // Handed over whole: the timer must end on the loop's thread, and not after the loop.
        auto executor = answer->loop;
        net::asio::post(executor, [answer = std::move(answer)] {
            answer->done = true;
            answer->ready.cancel();
        });
    });
    co_await answer->ready.async_wait(net::kAwaitTuple);
    if (!answer->done) co_return refuse(503, "api.stopping", "The server is stopping: try again.");
    co_return Checked<>{};
}

net::Task<Checked<std::string>> Passwords::hash(Secret password) {
    auto secret = std::make_shared<const Secret>(std::move(password));
    auto hashed = std::make_shared<std::string>();
    std::function<void()> work = [secret, hashed, salt = random_.array<16>()] {
        *hashed = hashOf(*secret, salt);
    };
    PCG_CO_CHECK(co_await run(std::move(work)));
    co_return std::move(*hashed);
}

net::Task<Checked<bool>> Passwords::matches(Secret password, std::string stored) {
    auto secret = std::make_shared<const Secret>(std::move(password));
    auto same = std::make_shared<bool>(false);
    std::function<void()> work = [secret, same, stored = std::move(stored)] {
        *same = matchesStored(*secret, stored);
    };
    PCG_CO_CHECK(co_await run(std::move(work)));
    co_return *same;
}

}  // namespace pcg::controlplane::rest

// SPDX-License-Identifier: Apache-2.0
#include "appliance/control/pin.h"

#include "common/codec/json.h"
#include "common/crypto/kdf.h"

#include <algorithm>

namespace pcg::appliance {
namespace {

namespace json = codec::json;

constexpr std::size_t kSalt = 16;
constexpr std::size_t kHash = 32;
constexpr std::size_t kShortest = 6;
constexpr std::size_t kLongest = 64;
constexpr int kFree = 5;
constexpr std::chrono::seconds kFirstWait{30};
constexpr int kMostDoublings = 5;  // 16 minutes

Bytes hashOf(const Secret& pin, const Bytes& salt) {
    return toBytes(crypto::scrypt(pin.reveal(), salt, crypto::ScryptCost{}, kHash).reveal());
}

Result<Bytes> octets(const json::Object& from, std::string_view name, std::size_t size) {
    const auto hex = PCG_TRY(from.string(name, 256));
    auto bytes = fromHex(hex);
    if (!bytes || bytes->size() != size) return fail(kBadPin, "The kept PIN is damaged.");
    return std::move(*bytes);
}

}  // namespace

Result<PinRecord> makePin(const Secret& pin, Random& random) {
    const auto text = pin.revealText();
    const bool printable = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
    const bool one = std::ranges::all_of(text, [text](char c) { return c == text.front(); });
    if (text.size() < kShortest || text.size() > kLongest || !printable || one)
        return fail(kBadPin, "A PIN has 6 to 64 letters, digits or signs, not all the same.");
    PinRecord record;
    record.salt.resize(kSalt);
    random.fill(record.salt);
    record.hash = hashOf(pin, record.salt);
    return record;
}

std::chrono::seconds pinWait(const PinRecord& record, WallTime now) {
    if (record.failures < kFree) return std::chrono::seconds(0);
    const auto wait = kFirstWait * (1 << std::min(record.failures - kFree, kMostDoublings));
    // A clock that was put back waits once more in full, and no longer.
    const auto since = std::clamp<WallTime::duration>(
        now - record.lastFailure, WallTime::duration(0), WallTime::duration(wait));
    return std::chrono::ceil<std::chrono::seconds>(wait - since);
}

Result<> checkPin(const Secret& pin, PinRecord& record, WallTime now) {
    const auto wait = pinWait(record, now);
    if (wait.count() > 0) {
        return fail(kPinWait, "Too many wrong PINs: wait " + std::to_string(wait.count()) + " s.");
    }
    if (constantTimeEqual(hashOf(pin, record.salt), record.hash)) {
        record.failures = 0;
        return {};
    }
    record.failures = std::min(record.failures + 1, kFree + kMostDoublings);
    record.lastFailure = now;
    return fail(kBadPin, "That is not the PIN.");
}

Result<PinRecord> parsePin(std::string_view text) {
    const auto object = PCG_TRY(json::parseObject(text));
    PinRecord record;
    record.salt = PCG_TRY(octets(object, "salt", kSalt));
    record.hash = PCG_TRY(octets(object, "scrypt", kHash));
    record.failures = static_cast<int>(PCG_TRY(object.integer("failures", 0, 100)));
    record.lastFailure = fromUnixMilliseconds(PCG_TRY(object.integer("last_failure_ms")));
    return record;
}

std::string writePin(const PinRecord& record) {
    json::Object object;
    object.set("salt", toHex(record.salt))
        .set("scrypt", toHex(record.hash))
        .set("failures", record.failures)
        .set("last_failure_ms", toUnixMilliseconds(record.lastFailure));
    return json::write(object) + "\n";
}

}  // namespace pcg::appliance

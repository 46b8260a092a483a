// SPDX-License-Identifier: Apache-2.0
#include "gateway/upload/record.h"

#include "gateway/errc.h"
#include "gateway/upload/errc.h"

namespace pcg::gateway::upload {
namespace {

using codec::json::Object;
using codec::json::Value;
using wire::UploadState;

constexpr std::size_t kMaxValidator = 256;
constexpr std::size_t kMaxText = 2048;
constexpr std::size_t kMaxShown = 400;

ByteCount octetsIn(const Object& from, std::string_view name) {
    const auto value = from.optionalInteger(name, 0);
    return value && *value ? static_cast<ByteCount>(**value) : 0;
}

std::string textIn(const Object& from, std::string_view name, std::size_t most) {
    return from.optionalString(name, most).value_or("").value_or("");
}

bool flagIn(const Object& from, std::string_view name) {
    return from.booleanOr(name, false).value_or(false);
}

}  // namespace

Object Part::toJson() const {
    Object made;
    if (total) made.set("total", Value::ofUnsigned(*total));
    return made.set("etag", etag).set("last_modified", lastModified).set("resumed", resumed);
}

Part Part::parse(const Object& from) {
    Part made;
    if (from.has("total")) made.total = octetsIn(from, "total");
    made.etag = textIn(from, "etag", kMaxValidator);
    made.lastModified = textIn(from, "last_modified", kMaxValidator);
    made.resumed = flagIn(from, "resumed");
    return made;
}

Step Record::next() const {
    switch (state) {
        case UploadState::Ordered:
        case UploadState::Queued:
        case UploadState::Fetching:
            return Step::Fetch;
        case UploadState::Verifying:
            return Step::Verify;
        case UploadState::Pushing:
            return mustLook_ ? Step::Look : Step::Push;
        default:
            return Step::Rest;
    }
}

void Record::fetching() { state = UploadState::Fetching; }

void Record::fetched(ByteCount octets) { part.have = octets; }

void Record::complete(bool wasCached) {
    cached = wasCached;
    state = UploadState::Verifying;
}

void Record::verified(bool right) {
    if (right) return pushing();
    // Damaged on our disk, or put together from two objects: the source is asked once more.
    const bool mayHelp = (cached || part.resumed) && !refetched;
    if (mayHelp) {
        refetched = true;
        cached = false;
        part = {};
        state = UploadState::Queued;
        return;
    }
    end(UploadState::Failed,
        Error(errc::kWrongDigest,
              "What the source gave has another SHA-256 than " + order.sha256Hex() +
                  "; nothing was pushed."));
}

void Record::pushing() {
    state = UploadState::Pushing;
    pushed = 0;
    mustLook_ = false;
}

void Record::done() {
    state = UploadState::Done;
    mustLook_ = false;
    code.clear();
    why.clear();
}

void Record::broke() { mustLook_ = true; }

void Record::looked(Found found) {
    mustLook_ = false;
    if (found == Found::Whole) return done();
    if (found == Found::CannotTell || found == Found::NotNow) {
        return end(UploadState::Unknown,
                   Error(errc::kOutcomeUnknown,
                         "The connection broke while it was pushed, and a look at the target does "
                         "not tell whether it is there. Look at it, then order it again."));
    }
    if (pushes < kMostPushes) return pushing();
    end(UploadState::Failed,
        Error(errc::kTargetFailed,
              found == Found::Partly
                  ? "The push broke off again and again; what is at the target is not whole."
                  : "The push broke off again and again; nothing is at the target."));
}

void Record::end(UploadState ended, const Error& error) {
    state = ended;
    mustLook_ = false;
    code = std::string(error.code().name());
    why = error.message().substr(0, kMaxText);
}

Object Record::progress() const {
    Object made;
    made.set("id", order.id.text()).set("state", wire::nameOf(state));
    if (part.total) made.set("total", Value::ofUnsigned(*part.total));
    made.set("fetched", Value::ofUnsigned(part.have))
        .set("pushed", Value::ofUnsigned(pushed))
        .set("cached", cached);
    if (!code.empty()) made.set("code", code).set("why", why.substr(0, kMaxShown));
    return made.set("at", toRfc3339(changedAt));
}

Object Record::toJson() const {
    return Object()
        .set("part", part.toJson())
        .set("have", Value::ofUnsigned(part.have))
        .set("pushed", Value::ofUnsigned(pushed))
        .set("cached", cached)
        .set("refetched", refetched)
        .set("pushes", pushes)
        .set("remote", remote)
        .set("code", code)
        .set("why", why)
        .set("by", by)
        .set("created_ms", toUnixMilliseconds(createdAt))
        .set("changed_ms", toUnixMilliseconds(changedAt));
}

Result<> Record::restore(const Object& from) {
    part = Part::parse(*PCG_TRY(from.object("part")));
    part.have = octetsIn(from, "have");
    pushed = octetsIn(from, "pushed");
    cached = flagIn(from, "cached");
    refetched = flagIn(from, "refetched");
    pushes = static_cast<int>(PCG_TRY(from.integer("pushes", 0, 1000)));
    remote = textIn(from, "remote", 64);
    code = textIn(from, "code", 128);
    why = textIn(from, "why", 2 * kMaxText);
    by = textIn(from, "by", kMaxText);
    createdAt = fromUnixMilliseconds(PCG_TRY(from.integer("created_ms", 0)));
    changedAt = fromUnixMilliseconds(PCG_TRY(from.integer("changed_ms", 0)));
    mustLook_ = state == UploadState::Pushing && pushes > 0;
    return {};
}

}  // namespace pcg::gateway::upload

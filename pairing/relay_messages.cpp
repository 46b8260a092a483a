// SPDX-License-Identifier: Apache-2.0
#include "pairing/relay_messages.h"

#include "pairing/errc.h"
#include "pairing/fields.h"

namespace pcg::pairing {
namespace {

using fields::Object;

Object envelopeObject(const Envelope& envelope) {
    auto message = fields::start();
    message.set("claim_id", toText(envelope.claimId))
        .set("seq", envelope.seq)
        .set("type", envelope.type)
        .set("raw", toText(asBytes(envelope.raw)));
    return message;
}

}  // namespace

Result<Envelope> Envelope::parse(std::string_view json) {
    const auto message = PCG_TRY(fields::open(json));
    Envelope envelope;
    envelope.claimId = PCG_TRY(fields::array<16>(message, "claim_id"));
    envelope.seq = PCG_TRY(message.integer("seq", 0, 1'000'000));
    envelope.type = PCG_TRY(message.string("type", 32));
    envelope.raw = PCG_TRY(fields::raw(message, "raw"));
    return envelope;
}

std::string Envelope::write() const { return codec::json::write(envelopeObject(*this)); }

Result<EventList> EventList::parse(std::string_view json) {
    const auto message = PCG_TRY(fields::open(json, kMaxEventListBytes));
    EventList list;
    for (const auto& item : *PCG_TRY(message.array("events", kMaxEvents))) {
        const auto* object = item.asObject();
        if (object == nullptr) return fail(kMessage, "\"events\" must hold objects");
        Event event;
        event.number = PCG_TRY(object->integer("n", 1, 1'000'000));
        event.envelope = PCG_TRY(Envelope::parse(codec::json::write(*object)));
        list.events.push_back(std::move(event));
    }
    return list;
}

std::string EventList::write() const {
    codec::json::Array items;
    for (const auto& event : events) {
        auto object = envelopeObject(event.envelope);
        object.set("n", event.number);
        items.emplace_back(std::move(object));
    }
    auto message = fields::start();
    message.set("events", std::move(items));
    return codec::json::write(message);
}

Result<Failure> Failure::parse(std::string_view text) {
    const auto message = PCG_TRY(fields::open(text));
    Failure failure;
    failure.code = PCG_TRY(message.string("code", 64));
    failure.left = static_cast<int>(PCG_TRY(message.integer("left", 0, kAttemptsPerCode)));
    if (failure.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") !=
        std::string::npos) {
        return fail(kMessage, "\"code\" must be of lower-case letters, digits and _");
    }
    return failure;
}

std::string Failure::write() const {
    return codec::json::write(fields::start().set("code", code).set("left", left));
}

Result<Status> Status::parse(std::string_view text) {
    const auto message = PCG_TRY(fields::open(text));
    Status status;
    status.state = PCG_TRY(
        fields::oneOf(message, "state", {"gateway_accepted", "issued", "active", "closed"}));
    status.code = PCG_TRY(message.optionalString("code", 64)).value_or("");
    return status;
}

std::string Status::write() const {
    return codec::json::write(fields::start().set("state", state).set("code", code));
}

}  // namespace pcg::pairing

// SPDX-License-Identifier: Apache-2.0
#include "pairing/fields.h"

#include "common/codec/base64url.h"
#include "pairing/errc.h"

namespace pcg::pairing::fields {

Result<Object> open(std::string_view raw, ByteCount maxBytes) {
    auto message = PCG_TRY(codec::json::parseObject(raw, maxBytes));
    const auto version = PCG_TRY(message.integer("v"));
    if (version != kProtocolVersion) {
        return fail(kVersion,
                    "the message is of version " + std::to_string(version) +
                        " of the pairing protocol; this program speaks version 1");
    }
    if (message.has("crit") && !PCG_TRY(message.array("crit", 16))->empty()) {
        return fail(kVersion,
                    "the message needs an extension of the pairing protocol that this program "
                    "does not know; update it");
    }
    return message;
}

Object start() {
    Object message;
    message.set("v", kProtocolVersion);
    return message;
}

Result<Bytes> bytes(const Object& message, std::string_view name, std::size_t maxBytes) {
    const auto text = PCG_TRY(message.string(name, (maxBytes * 4 + 2) / 3));
    auto decoded = codec::base64UrlDecode(text);
    if (!decoded)
        return fail(kMessage, "\"" + std::string(name) + "\": " + decoded.error().message());
    return std::move(*decoded);
}

Result<Bytes> bytesOfSize(const Object& message, std::string_view name, std::size_t size) {
    auto decoded = PCG_TRY(bytes(message, name, size));
    if (decoded.size() != size) {
        return fail(kMessage,
                    "\"" + std::string(name) + "\" has " + std::to_string(decoded.size()) +
                        " bytes; it must have " + std::to_string(size));
    }
    return decoded;
}

Result<std::string> raw(const Object& message, std::string_view name) {
    const auto inner = PCG_TRY(bytes(message, name, kMaxMessageBytes));
    return std::string(asText(inner));
}

Result<std::string> id(const Object& message, std::string_view name, std::string_view prefix) {
    auto text = PCG_TRY(message.string(name, 64));
    if (!isId(prefix, text)) {
        return fail(
            kMessage,
            "\"" + std::string(name) + "\" must be \"" + std::string(prefix) + "\" and 26 symbols");
    }
    return text;
}

Result<std::string> nkey(const Object& message, std::string_view name) {
    auto text = PCG_TRY(message.string(name, 64));
    static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    if (text.size() != 56 || text[0] != 'U' ||
        text.find_first_not_of(kAlphabet) != std::string::npos) {
        return fail(kMessage,
                    "\"" + std::string(name) + "\" must be a user nkey: U and 55 symbols");
    }
    return text;
}

Result<std::string> oneOf(const Object& message,
                          std::string_view name,
                          std::initializer_list<std::string_view> choices) {
    auto text = PCG_TRY(message.string(name, 32));
    std::string known;
    for (const auto choice : choices) {
        if (text == choice) return text;
        known += (known.empty() ? "" : ", ") + std::string(choice);
    }
    return fail(kMessage, "\"" + std::string(name) + "\" must be one of: " + known);
}

Result<std::string> nameplate(const Object& message) {
    auto text = PCG_TRY(message.string("nameplate", 8));
    static constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    if (text.size() != 4 || text.find_first_not_of(kAlphabet) != std::string::npos) {
        return fail(kMessage, "\"nameplate\" must be the first four symbols of a pairing code");
    }
    return text;
}

Result<std::vector<int>> versions(const Object& message) {
    std::vector<int> numbers;
    for (const auto& item : *PCG_TRY(message.array("versions", 16))) {
        const auto* number = item.asInteger();
        if (number == nullptr || *number < 0 || *number > 1'000'000) {
            return fail(kMessage, "\"versions\" must hold small whole numbers");
        }
        numbers.push_back(static_cast<int>(*number));
    }
    return numbers;
}

codec::json::Array toArray(const std::vector<int>& numbers) {
    return {numbers.begin(), numbers.end()};
}

codec::json::Array toArray(const std::vector<std::string>& texts) {
    return {texts.begin(), texts.end()};
}

}  // namespace pcg::pairing::fields

// SPDX-License-Identifier: Apache-2.0
#include "common/wire/ids.h"

#include "common/wire/errc.h"

namespace pcg::wire {
namespace {

constexpr std::string_view kCrockford = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kObjectSymbols = 26;
constexpr std::size_t kHexDigits = 16;
constexpr std::size_t kNkeySymbols = 56;

bool consistsOf(std::string_view text, std::string_view alphabet) {
    return text.find_first_not_of(alphabet) == std::string_view::npos;
}

bool isObjectId(std::string_view text, std::string_view prefix) {
    return text.size() == prefix.size() + kObjectSymbols && text.starts_with(prefix) &&
           consistsOf(text.substr(prefix.size()), kCrockford);
}

bool isHexId(std::string_view text) { return text.size() == kHexDigits && consistsOf(text, kHex); }

template <class Tag>
Result<Id<Tag>> parseObject(std::string_view text) {
    if (isObjectId(text, Tag::kPrefix)) return Id<Tag>::unchecked(std::string(text));
    return fail(kBadId,
                "This is not a " + std::string(Tag::kWhat) + ": it must be \"" +
                    std::string(Tag::kPrefix) +
                    "\" followed by 26 lower-case symbols. Copy it from the list of objects.");
}

}  // namespace

const EndpointId& noEndpoint() {
    static const EndpointId kNone = EndpointId::unchecked("ep_" + std::string(26, '0'));
    return kNone;
}

Result<TenantId> parseTenantId(std::string_view text) { return parseObject<TenantTag>(text); }

Result<GatewayId> parseGatewayId(std::string_view text) { return parseObject<GatewayTag>(text); }

Result<EndpointId> parseEndpointId(std::string_view text) { return parseObject<EndpointTag>(text); }

Result<AccessKeyId> parseAccessKeyId(std::string_view text) {
    return parseObject<AccessKeyTag>(text);
}

Result<InstanceId> parseInstanceId(std::string_view text) {
    if (isHexId(text)) return InstanceId::unchecked(std::string(text));
    return fail(kBadId, "This is not an instance id: it must be 16 lower-case hexadecimal digits.");
}

Result<RequestId> parseRequestId(std::string_view text) {
    if (isHexId(text)) return RequestId::unchecked(std::string(text));
    return fail(kBadId, "This is not a request id: it must be 16 lower-case hexadecimal digits.");
}

Result<UserNkey> parseUserNkey(std::string_view text) {
    if (text.size() == kNkeySymbols && text.front() == 'U' && consistsOf(text, kBase32))
        return UserNkey::unchecked(std::string(text));
    return fail(
        kBadId,
        "This is not a user's public key: it must be \"U\" followed by 55 symbols A-Z, 2-7.");
}

namespace detail {

std::string newObjectId(std::string_view prefix, Random& random) {
    std::string text(prefix);
    for (const auto octet : random.array<kObjectSymbols>()) text += kCrockford[octet & 31];
    return text;
}

std::string newHexId(Random& random) { return toHex(random.array<kHexDigits / 2>()); }

}  // namespace detail
}  // namespace pcg::wire

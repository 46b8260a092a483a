// SPDX-License-Identifier: Apache-2.0
// The names both sides of the wire agree on. A name carries its kind ("tn_", "gw_", ...), so that
// one kind never parses as another; all of them are safe as a subject token, a file name and a URL
// segment.
//
// Object ids: prefix and 26 symbols of Crockford's base32, lower case (130 random bits). Instance
// and request ids: 16 lower-case hex digits (64 random bits). User nkeys: 'U' and 55 symbols of RFC
// 4648 base32.
#pragma once

#include "common/base/ids.h"
#include "common/base/random.h"
#include "common/base/result.h"

#include <string_view>

namespace pcg::wire {

struct TenantTag {
    static constexpr std::string_view kPrefix = "tn_";
    static constexpr std::string_view kWhat = "tenant id";
};

struct GatewayTag {
    static constexpr std::string_view kPrefix = "gw_";
    static constexpr std::string_view kWhat = "gateway id";
};

struct EndpointTag {
    static constexpr std::string_view kPrefix = "ep_";
    static constexpr std::string_view kWhat = "endpoint id";
};

struct AccessKeyTag {
    static constexpr std::string_view kPrefix = "ak_";
    static constexpr std::string_view kWhat = "access key id";
};

struct InstanceTag;
struct RequestTag;
struct UserNkeyTag;

using TenantId = Id<TenantTag>;
using GatewayId = Id<GatewayTag>;
using EndpointId = Id<EndpointTag>;
using AccessKeyId = Id<AccessKeyTag>;

// One run of a gateway or ingress process: a restart is another instance.
using InstanceId = Id<InstanceTag>;

// One HTTP request on its way through; appears in the logs of both sides.
using RequestId = Id<RequestTag>;

// The public key that a gateway's link authenticates with; part of every subject of that gateway.
using UserNkey = Id<UserNkeyTag>;

// What stands for an endpoint in a request to the gateway itself (Surface::Gateway).
const EndpointId& noEndpoint();

Result<TenantId> parseTenantId(std::string_view text);
Result<GatewayId> parseGatewayId(std::string_view text);
Result<EndpointId> parseEndpointId(std::string_view text);
Result<AccessKeyId> parseAccessKeyId(std::string_view text);
Result<InstanceId> parseInstanceId(std::string_view text);
Result<RequestId> parseRequestId(std::string_view text);
Result<UserNkey> parseUserNkey(std::string_view text);  // form only; the checksum is identity's

namespace detail {

std::string newObjectId(std::string_view prefix, Random& random);
std::string newHexId(Random& random);

template <class T>
struct TagOf;

template <class Tag>
struct TagOf<Id<Tag>> {
    using type = Tag;
};

}  // namespace detail

// auto id = wire::newId<wire::TenantId>(random);
template <class IdType>
IdType newId(Random& random) {
    return IdType::unchecked(detail::newObjectId(detail::TagOf<IdType>::type::kPrefix, random));
}

template <>
inline InstanceId newId<InstanceId>(Random& random) {
    return InstanceId::unchecked(detail::newHexId(random));
}

template <>
inline RequestId newId<RequestId>(Random& random) {
    return RequestId::unchecked(detail::newHexId(random));
}

}  // namespace pcg::wire

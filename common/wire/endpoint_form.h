// SPDX-License-Identifier: Apache-2.0
// How an endpoint may be named and addressed: what both sides of the wire must read the same way,
// because credentials are sealed for a name and an address.
//
// What people paste is normalised where it can mean one thing only ("https://VC.example/ui/" is
// vc.example), and refused with a sentence where it cannot. Pure functions.
#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace pcg::wire {

// 1 to 63 of a-z 0-9 . - _, beginning with a letter or digit; upper case is taken as lower. Not
// what an endpoint's id looks like: it would stand for two endpoints.
// wire.bad_name.
Result<std::string> parseEndpointName(std::string_view text);

struct EndpointAddress {
    std::string host;  // lower case; a name, or an IP literal without brackets
    std::uint16_t port = 443;

    // wire.bad_address. Blanks around it, "https://" and a path that every vCenter or MAAS has
    // ("/", "/sdk", "/ui", "/MAAS") are taken off; anything else behind the port is refused.
    static Result<EndpointAddress> parse(std::string_view text);

    std::string text() const;       // "vc.example:443", "[2001:db8::1]:443"
    std::string authority() const;  // the same without the port when that is 443
    std::string url() const;        // "https://vc.example"

    friend bool operator==(const EndpointAddress&, const EndpointAddress&) = default;
};

// SHA-256 of a certificate as 64 lower-case hex digits, from either case, with or without colons.
// wire.bad_fingerprint; says so when it is a SHA-1 thumbprint.
Result<std::string> parseFingerprint(std::string_view text);

}  // namespace pcg::wire

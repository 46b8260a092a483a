// SPDX-License-Identifier: Apache-2.0
// What the appliance shall be, as typed values, and what was wrong with what was given.
//
// A wrong value never stops anything: it is left out, and named in a Problem that says what would
// do. Holding Settings means that each value is well-formed and fits the others. Pure.
#pragma once

#include "common/base/clock.h"

#include <optional>
#include <string>
#include <vector>

#include "appliance/properties/ovf_environment.h"

namespace pcg::appliance {

// For the console: a stable code, the property (or place) it is about, and a sentence with the
// remedy.
struct Problem {
    std::string code;
    std::string subject;
    std::string message;
    bool isWarning = false;  // the value is used all the same

    friend bool operator==(const Problem&, const Problem&) = default;
};

enum class AddressMode { Automatic, Static, Off };

struct AddressSettings {
    AddressMode mode = AddressMode::Automatic;
    std::string address;         // "10.0.0.5/24"
    std::string gateway;         // in the subnet (IPv6: or link-local); may be empty
    bool gatewayOnLink = false;  // the address is a subnet of its own, the router beside it
};

struct ProxySettings {
    std::string url;  // "http://proxy.example.com:3128" or https://; empty: none
    std::string user;
    std::string password;
    std::vector<std::string> exceptions;  // as net::ProxyExceptions reads them
    std::string caPem{};                  // of an https:// one; empty: the public authorities
};

// Those that are nobody's on the Internet: RFC 1918, RFC 6598, RFC 4193.
std::vector<std::string> privateNetworks();

struct Settings {
    std::string hostname = "pcg-gateway";
    AddressSettings ipv4;
    AddressSettings ipv6;
    std::vector<std::string> dns;
    std::vector<std::string> search;
    std::vector<std::string> ntp;
    std::vector<std::string> networks = privateNetworks();  // where endpoints lie, "10.0.0.0/8"
    std::vector<std::string> bus;  // "HOST[:PORT]", ".SUFFIX", a network; empty: the URL's site
    ProxySettings proxy;
    std::string caPem;            // one to 16 certificates, or empty
    std::string controlplaneUrl;  // "https://host[:port]", or empty
    std::string rootSha256;       // 64 hex digits, or empty
    std::string inspectionCaPem;  // of a box that may read the pairing; empty: none may
    std::string tenant;           // "tn_...", or empty
    std::string remote;           // "nothing", "endpoints", "keys", "all", or empty
    std::vector<std::string> sshKeys;
};

struct ReadSettings {
    Settings settings;
    std::vector<Problem> problems;
};

ReadSettings readSettings(const Properties& properties, WallTime now);

// The names of all properties, in the order of the OVF descriptor.
const std::vector<std::string>& propertyNames();

}  // namespace pcg::appliance

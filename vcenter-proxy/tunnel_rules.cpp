// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/tunnel_rules.h"

#include "vcenter-proxy/errc.h"

#include <algorithm>
#include <array>

namespace pcg::proxy {
namespace {

namespace ip = net::asio::ip;

struct Block4 {
    std::uint32_t base;
    unsigned bits;
};

// This host, loopback, link-local, protocol assignments (a metadata service among them), multicast
// and what is reserved, RFC 6890; then single addresses of metadata services.
constexpr std::array<Block4, 8> kBlocks4{{{0x00000000, 8},
                                          {0x7f000000, 8},
                                          {0xa9fe0000, 16},
                                          {0xc0000000, 24},
                                          {0xe0000000, 4},
                                          {0xf0000000, 4},
                                          {0x646464c8, 32},    // 100.100.100.200
                                          {0xa83f8110, 32}}};  // 168.63.129.16

bool isOutOfReach4(std::uint32_t address) {
    return std::any_of(kBlocks4.begin(), kBlocks4.end(), [&](const Block4& block) {
        return (address ^ block.base) >> (32 - block.bits) == 0;
    });
}

std::uint32_t word(const ip::address_v6::bytes_type& octets, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | octets.at(at + i);
    return value;
}

// The IPv4 address that an IPv6 address leads to: IPv4-compatible, NAT64 (RFC 6052), 6to4.
std::optional<std::uint32_t> embedded(const ip::address_v6::bytes_type& octets) {
    const bool zeros = word(octets, 4) == 0 && word(octets, 8) == 0;
    if (zeros && (word(octets, 0) == 0 || word(octets, 0) == 0x0064ff9b)) return word(octets, 12);
    if (octets[0] == 0x20 && octets[1] == 0x02) return word(octets, 2);
    return std::nullopt;
}

bool isOutOfReach6(const ip::address_v6& address) {
    // fd00:ec2::254, and ::23 beside it: metadata and its kin.
    const auto octets = address.to_bytes();
    if (word(octets, 0) == 0xfd000ec2) return true;
    if (address.is_loopback() || address.is_unspecified() || address.is_multicast()) return true;
    if (address.is_link_local()) return true;
    const auto inner = embedded(octets);
    return inner && isOutOfReach4(*inner);
}

bool isListed(const TunnelList& open, const ip::address& address, std::uint16_t port) {
    return std::any_of(open.begin(), open.end(), [&](const TunnelTarget& one) {
        return one.port() == port && one.address() == address;
    });
}

}  // namespace

bool isOutOfReach(const ip::address& address) {
    const auto plain = plainAddress(address);
    return plain.is_v4() ? isOutOfReach4(plain.to_v4().to_uint()) : isOutOfReach6(plain.to_v6());
}

Result<> mayAsk(const TunnelList& open, const TunnelTarget& asked) {
    if (std::find(open.begin(), open.end(), asked) != open.end()) return {};
    if (open.empty()) {
        return fail(errc::kTunnelDenied,
                    "no tunnels are open at this endpoint; the data center's admin opens them, one "
                    "place at a time: pcgctl endpoint update NAME --tunnel HOST:PORT");
    }
    return fail(errc::kTunnelDenied,
                asked.text() +
                    " is none of the places that tunnels of this endpoint may lead to; the data "
                    "center's admin can list it");
}

Result<std::vector<ip::address>> whereTo(const TunnelList& open,
                                         const TunnelTarget& asked,
                                         std::span<const ip::address> resolved,
                                         std::span<const ip::address> own) {
    PCG_TRY(mayAsk(open, asked));
    std::vector<ip::address> allowed;
    for (const auto& address : resolved) {
        const auto plain = plainAddress(address);
        const bool is_own = std::any_of(own.begin(), own.end(), [&](const ip::address& one) {
            return plainAddress(one) == plain;
        });
        if ((is_own || isOutOfReach(plain)) && !isListed(open, plain, asked.port())) continue;
        allowed.push_back(plain);
    }
    if (!allowed.empty()) return allowed;
    return fail(errc::kTunnelDenied,
                asked.text() +
                    " leads to the gateway itself or next to it; its address must be listed (that "
                    "is for loopback, link-local, metadata and the gateway's own addresses)");
}

}  // namespace pcg::proxy

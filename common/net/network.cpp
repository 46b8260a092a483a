// SPDX-License-Identifier: Apache-2.0
#include "common/net/network.h"

#include "common/base/text.h"
#include "common/net/errc.h"

#include <algorithm>

namespace pcg::net {
namespace {

using Octets = std::vector<unsigned char>;

asio::ip::address plain(const asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

Octets octetsOf(const asio::ip::address& address) {
    if (address.is_v4()) {
        const auto octets = address.to_v4().to_bytes();
        return {octets.begin(), octets.end()};
    }
    const auto octets = address.to_v6().to_bytes();
    return {octets.begin(), octets.end()};
}

// With everything behind the prefix cleared.
Octets masked(Octets octets, unsigned bits) {
    for (std::size_t i = 0; i < octets.size(); ++i) {
        const auto before = static_cast<unsigned>(8 * i);
        const unsigned kept = bits <= before ? 0 : std::min(8U, bits - before);
        octets[i] = static_cast<unsigned char>(octets[i] & (0xff00U >> kept));
    }
    return octets;
}

tl::unexpected<Error> bad(std::string_view text, const char* why) {
    return fail(kBadAddress,
                "\"" + std::string(text) + "\" is not a network such as 10.0.0.0/8: " + why);
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
    const auto slash = text.find('/');
    boost::system::error_code wrong;
    const auto address = asio::ip::make_address(std::string(text.substr(0, slash)), wrong);
    if (wrong) return bad(text, "it does not begin with an IP address.");
    if (address.is_v6() && address.to_v6().scope_id() != 0)
        return bad(text, "an address with a zone is of one machine only.");
    if (address != plain(address)) return bad(text, "write the IPv4 address as such.");
    const unsigned most = address.is_v4() ? 32 : 128;
    unsigned bits = most;
    if (slash != std::string_view::npos) {
        const auto number = parseUnsigned(text.substr(slash + 1));
        if (!number || *number > most)
            return bad(text, "behind the slash stands the number of bits of the prefix.");
        bits = static_cast<unsigned>(*number);
    }
    if (masked(octetsOf(address), bits) != octetsOf(address))
        return bad(text, "there are bits behind the prefix; write the network's first address.");
    return Network(address, bits);
}

bool Network::contains(const asio::ip::address& address) const {
    const auto asked = plain(address);
    return asked.is_v4() == base_.is_v4() && masked(octetsOf(asked), bits_) == octetsOf(base_);
}

std::string Network::text() const { return base_.to_string() + "/" + std::to_string(bits_); }

Result<std::vector<Network>> parseNetworks(std::string_view text) {
    std::vector<Network> networks;
    if (trimAscii(text).empty()) return networks;
    for (const auto item : split(text, ',')) {
        networks.push_back(PCG_TRY(Network::parse(trimAscii(item))));
        if (networks.size() > kMaxNetworks)
            return fail(kBadAddress, "At most 64 networks can be named; join some of them.");
    }
    return networks;
}

std::string textOf(const std::vector<Network>& networks) {
    std::string text;
    for (const auto& network : networks) text += (text.empty() ? "" : ",") + network.text();
    return text;
}

}  // namespace pcg::net

// SPDX-License-Identifier: Apache-2.0
#include "gateway/egress/errc.h"
#include "gateway/egress/opening.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pcg::egress {
namespace {

namespace ip = net::asio::ip;

constexpr std::size_t kMaxTable = 32;
// Long enough to connect; what is connected needs it no more.
constexpr std::string_view kHowLong = "2m";

bool isOfATable(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

struct ContextFreer {
    void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};

class NftOpening final : public Opening {
  public:
    NftOpening(nft_ctx* context, std::string_view table) : context_(context), table_(table) {}

    Result<> open(const ip::address& address, std::uint16_t port) override {
        const auto plain = address.is_v6() && address.to_v6().is_v4_mapped()
                               ? ip::address(ip::make_address_v4(ip::v4_mapped, address.to_v6()))
                               : address;
        const auto element = "element inet " + table_ + (plain.is_v4() ? " named4" : " named6") +
                             " { " + plain.to_string() + " . " + std::to_string(port);
        const auto timed = "add " + element + " timeout " + std::string(kHowLong) + " }\n";
        // One transaction. Taken out in between, or an element that is there keeps its old time.
        const auto commands = timed + "delete " + element + " }\n" + timed;
        if (nft_run_cmd_from_buffer(context_.get(), commands.c_str()) == 0) return {};
        const std::string why = nft_ctx_get_error_buffer(context_.get());
        return fail(kUnavailable,
                    "The firewall could not be opened for " + plain.to_string() + ": " +
                        why.substr(0, why.find('\n')));
    }

  private:
    std::unique_ptr<nft_ctx, ContextFreer> context_;
    std::string table_;
};

}  // namespace

bool isTableName(std::string_view table) {
    return !table.empty() && table.size() <= kMaxTable && std::ranges::all_of(table, isOfATable);
}

Result<std::unique_ptr<Opening>> openingInTable(std::string_view table) {
    if (!isTableName(table)) return fail(kBadRule, "This is no table's name.");
    // The library ends the process if it gets none.
    const int probe = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (probe < 0)
        return fail(kUnavailable,
                    "The firewall cannot be reached: " + std::string(std::strerror(errno)) +
                        ". A unit of systemd needs RestrictAddressFamilies=AF_NETLINK.");
    ::close(probe);
    auto* context = nft_ctx_new(NFT_CTX_DEFAULT);
    if (context == nullptr) return fail(kUnavailable, "nftables cannot be used.");
    nft_ctx_buffer_output(context);
    nft_ctx_buffer_error(context);
    return std::make_unique<NftOpening>(context, table);
}

}  // namespace pcg::egress

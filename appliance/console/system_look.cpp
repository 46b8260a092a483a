// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/system_look.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace pcg::appliance {
namespace {

constexpr const char* kDataPlace = "/data";
// The gateway's database, its log and the journal need room to write a line.
constexpr std::uint64_t kLittleRoom = 32ULL << 20U;
constexpr std::size_t kMostNeighbours = 4096;

std::string readSmall(const char* path) {
    std::ifstream in(path);
    std::string text(64 * 1024, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

std::vector<std::string_view> wordsOf(std::string_view line) {
    std::vector<std::string_view> words;
    while (!(line = trimAscii(line)).empty()) {
        const auto end = std::min(line.find_first_of(" \t"), line.size());
        words.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
    return words;
}

std::string textOf(int family, const void* octets) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return ::inet_ntop(family, octets, text.data(), text.size()) == nullptr ? std::string()
                                                                            : text.data();
}

template <class Number>
bool fromHex(std::string_view text, Number& value) {
    const auto* end = text.data() + text.size();
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): with its end
    const auto done = std::from_chars(text.data(), end, value, 16);
    return done.ec == std::errc() && done.ptr == end;
}

// Destination and gateway in hexadecimal, the host's byte order.
std::string routerOf4(std::string_view line) {
    const auto words = wordsOf(line);
    in_addr address{};
    if (words.size() < 3 || words[1] != "00000000" || words[2].size() != 8 ||
        !fromHex(words[2], address.s_addr) || address.s_addr == 0)
        return {};
    return textOf(AF_INET, &address);
}

// Zeros with a prefix of 0 through a real router.
std::string routerOf6(std::string_view line) {
    const auto words = wordsOf(line);
    const std::string zeros(32, '0');
    if (words.size() < 10 || words[0] != zeros || words[1] != "00" || words.back() == "lo" ||
        words[4].size() != zeros.size() || words[4] == zeros)
        return {};
    in6_addr address{};
    for (std::size_t i = 0; i < sizeof(address.s6_addr); ++i)
        if (!fromHex(words[4].substr(2 * i, 2), address.s6_addr[i])) return {};
    return textOf(AF_INET6, &address);
}

class Netlink {
  public:
    Netlink() : value_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
        const timeval patience{1, 0};
        if (value_ >= 0) ::setsockopt(value_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    }

    ~Netlink() {
        if (value_ >= 0) ::close(value_);
    }

    Netlink(const Netlink&) = delete;
    Netlink& operator=(const Netlink&) = delete;

    bool askForNeighbours() const {
        struct {
            nlmsghdr head;
            ndmsg body;
        } request{};

        request.head.nlmsg_len = sizeof(request);
        request.head.nlmsg_type = RTM_GETNEIGH;
        request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        return value_ >= 0 && ::send(value_, &request, sizeof(request), 0) ==
                                  static_cast<ssize_t>(sizeof(request));
    }

    ssize_t receive(void* octets, std::size_t most) const {
        return ::recv(value_, octets, most, 0);
    }

  private:
    int value_;
};

// The head of a message or of a part in it; nothing if it does not fit what is left.
template <class Head>
std::optional<Head> headOf(std::string_view octets) {
    if (octets.size() < sizeof(Head)) return {};
    Head head;
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): so many are there
    std::memcpy(&head, octets.data(), sizeof(Head));
    return head;
}

std::string_view behind(std::string_view octets, std::size_t size) {
    constexpr std::size_t kAlign = 4;  // of messages and parts alike
    return octets.substr(std::min(octets.size(), (size + kAlign - 1) / kAlign * kAlign));
}

void addNeighbour(std::string_view message, std::vector<Neighbour>& found) {
    const auto body = headOf<ndmsg>(message);
    if (!body || (body->ndm_family != AF_INET && body->ndm_family != AF_INET6)) return;
    const std::size_t size = body->ndm_family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
    for (auto rest = behind(message, sizeof(ndmsg)); !rest.empty();) {
        const auto part = headOf<rtattr>(rest);
        if (!part || part->rta_len < sizeof(rtattr) || part->rta_len > rest.size()) return;
        if (part->rta_type == NDA_DST && part->rta_len == sizeof(rtattr) + size) {
            found.push_back({textOf(body->ndm_family, rest.data() + sizeof(rtattr)),
                             (body->ndm_state & (NUD_INCOMPLETE | NUD_FAILED)) != 0});
        }
        rest = behind(rest, part->rta_len);
    }
}

// False at the end of the answer.
bool addNeighbours(std::string_view octets, std::vector<Neighbour>& found) {
    while (!octets.empty()) {
        const auto head = headOf<nlmsghdr>(octets);
        if (!head || head->nlmsg_len < sizeof(nlmsghdr) || head->nlmsg_len > octets.size())
            return false;
        if (head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR) return false;
        const auto body = octets.substr(sizeof(nlmsghdr), head->nlmsg_len - sizeof(nlmsghdr));
        if (head->nlmsg_type == RTM_NEWNEIGH) addNeighbour(body, found);
        octets = behind(octets, head->nlmsg_len);
    }
    return true;
}

}  // namespace

std::vector<std::string> readRouters(std::string_view v4, std::string_view v6) {
    std::vector<std::string> routers;
    const auto add = [&routers](std::string router) {
        if (!router.empty() && std::ranges::find(routers, router) == routers.end())
            routers.push_back(std::move(router));
    };
    for (const auto line : split(v4, '\n')) add(routerOf4(line));
    for (const auto line : split(v6, '\n')) add(routerOf6(line));
    return routers;
}

bool allSilent(const std::vector<std::string>& routers, const std::vector<Neighbour>& neighbours) {
    const auto silent = [&neighbours](const std::string& router) {
        // Through another card it may answer.
        bool known = false;
        for (const auto& one : neighbours) {
            if (one.address != router) continue;
            if (!one.silent) return false;
            known = true;
        }
        return known;
    };
    return !routers.empty() && std::ranges::all_of(routers, silent);
}

std::vector<Neighbour> neighbours() {
    std::vector<Neighbour> found;
    const Netlink kernel;
    if (!kernel.askForNeighbours()) return found;
    std::array<char, 32 * 1024> answer{};
    while (found.size() < kMostNeighbours) {
        const auto got = kernel.receive(answer.data(), answer.size());
        if (got <= 0) break;
        if (!addNeighbours({answer.data(), static_cast<std::size_t>(got)}, found)) break;
    }
    return found;
}

std::optional<Problem> diskProblem(std::string_view mountinfo, std::uint64_t freeOctets) {
    for (const auto line : split(mountinfo, '\n')) {
        const auto words = wordsOf(line);
        const auto dash = std::ranges::find(words, "-");
        if (words.size() < 7 || words[4] != kDataPlace || words.end() - dash < 4) continue;
        if (*(dash + 1) == "tmpfs") {
            return Problem{"appliance.data_missing",
                           "data partition",
                           "Nothing is kept over a restart: the disk is full, read-only or too "
                           "small. Give the VM a writable disk of 8 GB and restart it."};
        }
        // Of the file system, not of this process's view of it: a service may see all read-only.
        const auto options = split(*(dash + 3), ',');
        if (std::ranges::find(options, "ro") != options.end()) {
            return Problem{"appliance.data_read_only",
                           "data partition",
                           "Nothing can be kept: the data partition is read-only, most likely "
                           "after errors of the disk. Look at the VM's disk at the hypervisor, "
                           "and restart the VM."};
        }
        if (freeOctets >= kLittleRoom) return {};
        return Problem{"appliance.data_full",
                       "data partition",
                       "Only " + std::to_string(freeOctets >> 20U) +
                           " MiB are free on the data partition: soon nothing can be kept. Make "
                           "the VM's disk larger and restart it: the partition grows with it."};
    }
    return {};
}

void lookAtRouters(MachineFacts& machine) {
    const auto routers =
        readRouters(readSmall("/proc/net/route"), readSmall("/proc/net/ipv6_route"));
    for (const auto& router : routers)
        machine.router += (machine.router.empty() ? "" : ", ") + router;
    if (!routers.empty()) machine.routerSilent = allSilent(routers, neighbours());
}

void lookAtDisk(std::vector<Problem>& problems) {
    struct statvfs room{};
    if (::statvfs(kDataPlace, &room) != 0) return;
    auto problem = diskProblem(readSmall("/proc/self/mountinfo"),
                               static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize);
    // The boot may have said so already.
    if (problem && std::ranges::find(problems, problem->code, &Problem::code) == problems.end())
        problems.push_back(std::move(*problem));
}

}  // namespace pcg::appliance

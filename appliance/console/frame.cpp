// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/frame.h"

#include "common/base/text.h"
#include "common/codec/utf8.h"

#include <algorithm>
#include <array>

#include "appliance/console/ladder.h"
#include "appliance/console/qr.h"
#include "appliance/console/troubles.h"

namespace pcg::appliance {
namespace {

struct Glyph {
    char letter;
    std::array<std::uint8_t, 5> rows;  // five bits each, the left one highest
};

constexpr std::array<Glyph, 36> kFont{{
    {'0', {0x0e, 0x13, 0x15, 0x19, 0x0e}}, {'1', {0x04, 0x0c, 0x04, 0x04, 0x0e}},
    {'2', {0x1e, 0x01, 0x0e, 0x10, 0x1f}}, {'3', {0x1e, 0x01, 0x0e, 0x01, 0x1e}},
    {'4', {0x12, 0x12, 0x1f, 0x02, 0x02}}, {'5', {0x1f, 0x10, 0x1e, 0x01, 0x1e}},
    {'6', {0x0e, 0x10, 0x1e, 0x11, 0x0e}}, {'7', {0x1f, 0x01, 0x02, 0x04, 0x04}},
    {'8', {0x0e, 0x11, 0x0e, 0x11, 0x0e}}, {'9', {0x0e, 0x11, 0x0f, 0x01, 0x0e}},
    {'A', {0x0e, 0x11, 0x1f, 0x11, 0x11}}, {'B', {0x1e, 0x11, 0x1e, 0x11, 0x1e}},
    {'C', {0x0f, 0x10, 0x10, 0x10, 0x0f}}, {'D', {0x1e, 0x11, 0x11, 0x11, 0x1e}},
    {'E', {0x1f, 0x10, 0x1e, 0x10, 0x1f}}, {'F', {0x1f, 0x10, 0x1e, 0x10, 0x10}},
    {'G', {0x0f, 0x10, 0x13, 0x11, 0x0f}}, {'H', {0x11, 0x11, 0x1f, 0x11, 0x11}},
    {'I', {0x0e, 0x04, 0x04, 0x04, 0x0e}}, {'J', {0x07, 0x02, 0x02, 0x12, 0x0c}},
    {'K', {0x12, 0x14, 0x18, 0x14, 0x12}}, {'L', {0x10, 0x10, 0x10, 0x10, 0x1f}},
    {'M', {0x11, 0x1b, 0x15, 0x11, 0x11}}, {'N', {0x11, 0x19, 0x15, 0x13, 0x11}},
    {'O', {0x0e, 0x11, 0x11, 0x11, 0x0e}}, {'P', {0x1e, 0x11, 0x1e, 0x10, 0x10}},
    {'Q', {0x0e, 0x11, 0x15, 0x12, 0x0d}}, {'R', {0x1e, 0x11, 0x1e, 0x12, 0x11}},
    {'S', {0x0f, 0x10, 0x0e, 0x01, 0x1e}}, {'T', {0x1f, 0x04, 0x04, 0x04, 0x04}},
    {'U', {0x11, 0x11, 0x11, 0x11, 0x0e}}, {'V', {0x11, 0x11, 0x11, 0x0a, 0x04}},
    {'W', {0x11, 0x11, 0x15, 0x1b, 0x11}}, {'X', {0x11, 0x0a, 0x04, 0x0a, 0x11}},
    {'Y', {0x11, 0x0a, 0x04, 0x04, 0x04}}, {'Z', {0x1f, 0x02, 0x04, 0x08, 0x1f}},
}};

const Glyph* glyphOf(char letter) {
    const auto found =
        std::ranges::find_if(kFont, [letter](const Glyph& g) { return g.letter == letter; });
    return found == kFont.end() ? nullptr : &*found;
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size() + 1, width), ' ');
    return text;
}

using Lines = std::vector<std::string>;

// Broken between words, at most `most` lines; what is cut off leaves dots.
void paragraph(Lines& lines, std::string_view lead, std::string_view text, std::size_t most) {
    std::string rest = printable(text, 1000);
    const auto width = kColumns - lead.size();
    std::string start(lead);
    for (; !rest.empty() && most > 0; --most) {
        auto cut = rest.size();
        if (cut > width) {
            cut = rest.rfind(' ', width);
            if (cut == std::string::npos || cut == 0) cut = width;
        }
        auto line = rest.substr(0, cut);
        rest.erase(0, std::min(rest.size(), cut + (cut < rest.size() && rest[cut] == ' ' ? 1 : 0)));
        if (most == 1 && !rest.empty()) line = line.substr(0, width - 3) + "...";
        lines.push_back(start + line);
        start.assign(start.size(), ' ');
    }
}

void append(Lines& lines, Lines more) {
    for (auto& line : more) lines.push_back(std::move(line));
}

std::string clockText(const ClockFacts& clock) {
    if (clock.says.empty()) return "not known";
    if (!clock.isSet) return clock.says + ", not set by NTP";
    return clock.says + ", set by NTP" +
           (clock.offsetMs ? ", " + inWords(*clock.offsetMs) + " off" : "");
}

// The red button's state.
std::string accessText(const GatewayFacts& gateway) {
    return !gateway.answers   ? "Access not known"
           : gateway.paused   ? "Access PAUSED"
           : gateway.readOnly ? "Access READ-ONLY"
                              : "Access not paused";
}

std::string clockAndAccess(const Facts& facts) {
    return printable(padded("Clock          " + printable(clockText(facts.machine.clock), 44), 61) +
                     accessText(facts.gateway));
}

// How much room there is: with all that helps, without what is nice to have, or the least.
enum class Room { Plenty, Some, Little };
constexpr std::array kRooms{Room::Plenty, Room::Some, Room::Little};
constexpr std::size_t kListedEndpoints = 6;

std::string wayText(const GatewayFacts& gateway) {
    const auto toBus = withWhy(busWayOf(gateway), gateway.busWayWhy);
    const auto toControlPlane = withWhy(gateway.way, gateway.wayWhy);
    if (toBus.empty()) return toControlPlane.empty() ? "not known" : toControlPlane;
    return "bus: " + toBus + (toControlPlane.empty() ? "" : "; control plane: " + toControlPlane);
}

void endpoints(Lines& lines, const GatewayFacts& gateway, Room room) {
    const auto& all = gateway.endpoints;
    const auto okay = std::ranges::count(all, "ok", &EndpointFacts::state);
    lines.push_back("Endpoints      " + (all.empty() ? "none yet"
                                                     : std::to_string(okay) + " of " +
                                                           std::to_string(all.size()) + " are ok"));
    if (room == Room::Little) return;
    for (std::size_t i = 0; i < std::min(all.size(), kListedEndpoints); ++i)
        lines.push_back("               " +
                        printable(padded(printable(all[i].name, 32), 34) + all[i].state, 60));
    if (all.size() > kListedEndpoints)
        lines.push_back("               and " + std::to_string(all.size() - kListedEndpoints) +
                        " more; pcgctl status lists all");
}

// What a thief has, as long as nothing but the disk keeps the key.
void stolenDisk(Lines& lines, const GatewayFacts& gateway, Room room) {
    if (std::ranges::find(gateway.warnings, "root_key_in_file", &GatewayWarning::code) ==
        gateway.warnings.end())
        return;
    if (room != Room::Plenty) {
        lines.emplace_back(
            "Stolen disk    reveals all credentials (key beside them): encrypt the datastore");
        return;
    }
    paragraph(lines,
              "Stolen disk    ",
              "Whoever has a copy of this VM's disk can read the credentials of all endpoints and "
              "be this gateway: their database and the key that opens it lie on it, and no TPM "
              "seals the key. Encrypt the VM or its datastore at the hypervisor, backups and "
              "snapshots too.",
              5);
}

Lines offered(const GatewayFacts& gateway, std::string_view block, Room room) {
    Lines lines{"Pairing code: " + printable(gateway.code, 20) + "     good for " +
                std::to_string(gateway.expiresInSeconds / 60 + 1) + " min"};
    if (room == Room::Plenty) lines.emplace_back();
    if (room != Room::Little) append(lines, largeText(gateway.code, block));
    if (room == Room::Plenty) lines.emplace_back();
    lines.emplace_back(
        "The tenant types it in the portal or with `pcg pair`. Keep it to yourselves.");
    return lines;
}

// "123 456", as the tenant's screen has it.
std::string inGroups(std::string digits) {
    if (digits.size() == 6) digits.insert(3, " ");
    return digits;
}

Lines question(const GatewayFacts& gateway, std::string_view block, Room room) {
    Lines lines{"A tenant asks to own this gateway:",
                "    Tenant        " + printable(gateway.tenantName, 56),
                "    Tenant id     " + printable(gateway.tenantId, 56),
                "    Requested by  " + printable(gateway.requestedBy, 56)};
    const std::string ask = "Ask the tenant for the number on their screen. Is it this one?";
    lines.push_back(room == Room::Little ? ask + "  " + printable(inGroups(gateway.sas), 12) : ask);
    if (room != Room::Little) append(lines, largeText(inGroups(gateway.sas), block));
    lines.emplace_back("Type y and Enter if it is and the tenant is the right one, n to refuse.");
    return lines;
}

Lines paired(const GatewayFacts& gateway, Room room) {
    Lines lines{
        "Paired with " + printable(gateway.tenantName, 32) + "  " + printable(gateway.tenantId, 30),
        printable("Bus            " + gateway.link + " " + gateway.linkWhy)};
    paragraph(lines, "Way            ", wayText(gateway), room == Room::Little ? 1 : 2);
    endpoints(lines, gateway, room);
    stolenDisk(lines, gateway, room);
    return lines;
}

Lines notPaired(const Facts& facts) {
    const auto& gateway = facts.gateway;
    Lines lines;
    if (gateway.state == "enrolling") {
        lines.push_back("Accepted for   " + printable(gateway.tenantName, 32) + "  " +
                        printable(gateway.tenantId, 30));
        lines.emplace_back("It waits for the tenant to confirm the number, then for its papers.");
    } else {
        lines.emplace_back(gateway.answers ? "No pairing code yet."
                           : facts.controlplane.empty()
                               ? "The gateway waits for the control plane's address."
                           : gateway.lastWords.empty() ? "The gateway is starting."
                                                       : "The gateway does not start.");
    }
    const bool isSaid = gateway.message.starts_with("Waiting for the tenant");
    if (!isSaid) paragraph(lines, "", gateway.message, 2);
    return lines;
}

Lines pairing(const Facts& facts, std::string_view block, Room room) {
    const auto& gateway = facts.gateway;
    if (gateway.state == "offered") return offered(gateway, block, room);
    if (gateway.state == "confirm") return question(gateway, block, room);
    if (gateway.state == "active") return paired(gateway, room);
    return notPaired(facts);
}

Lines rungRows(const Facts& facts) {
    auto rungs = ladder(facts);
    const auto each = endpointRungs(facts.gateway);
    if (!each.empty()) {
        const auto is = [&each](RungState state) {
            return std::ranges::find(each, state, &Rung::state) != each.end();
        };
        rungs.push_back({"Endpoints",
                         is(RungState::Fails)   ? RungState::Fails
                         : is(RungState::Waits) ? RungState::Waits
                                                : RungState::Holds,
                         ""});
    }
    Lines rows;
    std::string row;
    for (const auto& rung : rungs) {
        row += padded(std::string(markOf(rung.state)) + rung.name, 20);
        if (row.size() < 76) continue;
        rows.push_back(printable(row));
        row.clear();
    }
    if (!row.empty()) rows.push_back(row);
    return rows;
}

// What was answered to somebody who typed comes first: they wait for it.
std::vector<Lines> troubleBlocks(const Facts& facts, const std::vector<Trouble>& found) {
    std::vector<Lines> blocks;
    if (!facts.notice.empty()) paragraph(blocks.emplace_back(), "", facts.notice, 2);
    for (const auto& trouble : found) {
        auto& block = blocks.emplace_back();
        paragraph(block, "", trouble.text, 3);
        paragraph(block, "  -> ", trouble.remedy, 2);
    }
    return blocks;
}

// As many as fit, in their order; the others are counted.
void addTroubles(Lines& lines, const std::vector<Lines>& blocks) {
    std::size_t left = blocks.size();
    for (const auto& block : blocks) {
        const std::size_t forCount = left > 1 ? 1 : 0;
        if (lines.size() + block.size() + forCount > kRows) continue;
        append(lines, block);
        --left;
    }
    if (left > 0 && lines.size() < kRows)
        lines.push_back("and " + std::to_string(left) + " more; pcgctl diagnose lists all");
}

std::size_t rowsOf(const std::vector<Lines>& blocks, std::size_t most) {
    std::size_t rows = 0;
    for (std::size_t i = 0; i < std::min(blocks.size(), most); ++i) rows += blocks[i].size();
    return rows;
}

// The most that leaves room for every trouble; else for what has to be seen. What is shown of a
// paired gateway is worth less than what is wrong with it, a code or a question is not.
Lines pairingWithin(const Facts& facts,
                    std::string_view block,
                    const std::vector<Lines>& troubles,
                    std::size_t rows) {
    for (const auto room : kRooms) {
        auto lines = pairing(facts, block, room);
        if (lines.size() + rowsOf(troubles, troubles.size()) <= rows) return lines;
    }
    const auto must = rowsOf(troubles, facts.notice.empty() ? 1 : 2) + 1;  // and the count
    for (const auto room : kRooms) {
        auto lines = pairing(facts, block, room);
        if (facts.gateway.state != "active" && lines.size() + must <= rows) return lines;
    }
    return pairing(facts, block, Room::Little);
}

constexpr std::size_t kQrRows = 17;  // three groups of large letters, one above the other

// The code in its groups, right of the picture to be photographed.
Lines codeBesideQr(const GatewayFacts& gateway, const QrCode& qr, std::string_view block) {
    Lines letters;
    for (const auto group : split(gateway.code, '-')) {
        if (!letters.empty()) letters.emplace_back();
        append(letters, largeText(group, block));
    }
    Lines rows;
    for (std::size_t i = 0; i < std::max(qr.rows.size(), letters.size()); ++i) {
        auto row = i < qr.rows.size() ? qr.rows[i] : std::string(qr.columns, ' ');
        if (i < letters.size()) row += "     " + letters[i];
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace

std::vector<std::string> fitted(std::vector<std::string> lines, std::size_t rows) {
    for (const auto* needless : {"", "-"}) {
        for (auto at = lines.size(); at-- > 0 && lines.size() > rows;)
            if (lines[at].find_first_not_of(needless) == std::string::npos)
                lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
    }
    lines.resize(std::min(lines.size(), rows));
    return lines;
}

std::string printable(std::string_view text, std::size_t width) {
    std::string line;
    while (!text.empty() && line.size() < width) {
        const auto point = codec::takeCodePoint(text);
        if (!point) text.remove_prefix(1);
        line += point && *point >= 0x20 && *point < 0x7f ? static_cast<char>(*point) : '?';
    }
    return line;
}

std::vector<std::string> largeText(std::string_view code, std::string_view block) {
    std::vector<std::string> lines(5);
    for (const char letter : code) {
        const auto* glyph = glyphOf(letter);
        for (std::size_t row = 0; row < lines.size(); ++row) {
            if (glyph == nullptr) {
                lines[row] += "   ";
                continue;
            }
            for (int bit = 4; bit >= 0; --bit)
                lines[row] += (glyph->rows[row] >> bit & 1) != 0 ? block : std::string_view(" ");
            lines[row] += ' ';
        }
    }
    return lines;
}

std::vector<std::string> frame(const Facts& facts, std::string_view block, bool withQr) {
    const auto found = troubles(facts);
    const bool isGrave = !facts.notice.empty() ||
                         std::ranges::any_of(found, [](const Trouble& one) { return one.isGrave; });
    const auto page = facts.controlplane.empty() ? std::string() : facts.controlplane + "/pair";
    const auto qr =
        withQr && facts.gateway.state == "offered" && !isGrave ? qrCode(page, kQrRows) : QrCode{};
    std::string addresses;
    for (const auto& address : facts.machine.addresses) addresses += address + " ";
    Lines lines{
        printable("Private Cloud Gateway " + facts.version + "   " + printable(facts.hostname, 40)),
        printable("Address        " + (addresses.empty() ? std::string("none") : addresses))};
    if (!qr.rows.empty()) {
        lines.push_back(printable("Pairing code: " + facts.gateway.code + "   good for " +
                                  std::to_string(facts.gateway.expiresInSeconds / 60 + 1) +
                                  " min   " + page));
        lines.push_back(clockAndAccess(facts));
        append(lines, codeBesideQr(facts.gateway, qr, block));
        append(lines, rungRows(facts));
        lines.resize(std::min(lines.size(), kRows));
        return lines;
    }
    const std::string rule(kColumns, '-');
    lines.push_back(
        printable("Control plane  " +
                  (facts.controlplane.empty() ? std::string("not given") : facts.controlplane)));
    lines.push_back(clockAndAccess(facts));
    lines.push_back(rule);
    const auto blocks = troubleBlocks(facts, found);
    const auto rungs = rungRows(facts);
    append(lines, pairingWithin(facts, block, blocks, kRows - lines.size() - rungs.size() - 1));
    lines.push_back(rule);
    append(lines, rungs);
    addTroubles(lines, blocks);
    return lines;
}

}  // namespace pcg::appliance

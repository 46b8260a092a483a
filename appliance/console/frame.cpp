// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/frame.h"

#include "common/base/text.h"
#include "common/codec/utf8.h"

#include <algorithm>
#include <array>

#include "appliance/console/ladder.h"
#include "appliance/console/qr.h"

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

class Frame {
  public:
    void line(std::string_view text = {}) {
        if (lines_.size() < kRows) lines_.push_back(printable(text));
    }

    // Already clean, and no wider than the screen.
    void art(std::vector<std::string> lines) {
        for (auto& text : lines)
            if (lines_.size() < kRows) lines_.push_back(std::move(text));
    }

    // Broken between words, at most `most` lines.
    void paragraph(std::string_view indent, std::string_view text, std::size_t most) {
        std::string rest = printable(text, 1000);
        const auto width = kColumns - indent.size();
        std::string lead(indent);
        while (!rest.empty() && most-- > 0) {
            auto cut = rest.size();
            if (cut > width) {
                cut = rest.rfind(' ', width);
                if (cut == std::string::npos || cut == 0) cut = width;
            }
            line(lead + rest.substr(0, cut));
            lead.assign(lead.size(), ' ');
            rest.erase(0, std::min(rest.size(), cut + 1));
        }
    }

    std::vector<std::string> take() { return std::move(lines_); }

  private:
    std::vector<std::string> lines_;
};

void pairing(Frame& frame, const Facts& facts, std::string_view block) {
    const auto& gateway = facts.gateway;
    if (gateway.state == "offered") {
        frame.line("Pairing code: " + gateway.code + "     good for " +
                   std::to_string(gateway.expiresInSeconds / 60 + 1) + " min");
        frame.line();
        frame.art(largeText(gateway.code, block));
        frame.line();
        frame.line("The tenant types it in the portal or with `pcg pair`. Keep it to yourselves.");
    } else if (gateway.state == "confirm") {
        frame.line("A tenant asks to own this gateway:");
        frame.line("    Tenant        " + printable(gateway.tenantName, 56));
        frame.line("    Tenant id     " + printable(gateway.tenantId, 56));
        frame.line("    Requested by  " + printable(gateway.requestedBy, 56));
        frame.line("Ask the tenant for the number on their screen. Is it this one?");
        frame.art(largeText(gateway.sas, block));
        frame.line("Type y and Enter if it is and the tenant is the right one, n to refuse.");
    } else if (gateway.state == "active") {
        frame.line("Paired with " + printable(gateway.tenantName, 40) + "  " + gateway.tenantId);
        frame.line("Bus: " + gateway.link + " " + gateway.linkWhy);
        for (const auto& endpoint : gateway.endpoints)
            frame.line("Endpoint " + padded(printable(endpoint.name, 32), 34) + endpoint.state);
    } else {
        frame.line(gateway.answers ? "No pairing code yet."
                   : facts.controlplane.empty()
                       ? "The gateway waits for the control plane's address."
                       : "The gateway is starting.");
        frame.paragraph("", gateway.message, 2);
    }
}

void rungs(Frame& frame, const Facts& facts, bool withWords = true) {
    std::string row;
    for (const auto& rung : ladder(facts)) {
        row += padded(std::string(markOf(rung.state)) + rung.name, 20);
        if (row.size() >= 76) {
            frame.line(row);
            row.clear();
        }
    }
    if (!row.empty()) frame.line(row);
    if (!withWords) return;
    // What fails first: there may be no room for more.
    for (const auto state : {RungState::Fails, RungState::Warns}) {
        for (const auto& rung : ladder(facts)) {
            if (rung.state != state) continue;
            frame.paragraph("", rung.code + ": " + rung.evidence, 3);
            frame.paragraph("  -> ", rung.remedy, 2);
        }
    }
}

constexpr std::size_t kQrRows = 17;  // three groups of large letters, one above the other

// The code in its groups, right of the picture to be photographed.
void codeBesideQr(Frame& frame,
                  const GatewayFacts& gateway,
                  const QrCode& qr,
                  std::string_view block) {
    std::vector<std::string> letters;
    for (const auto group : split(gateway.code, '-')) {
        if (!letters.empty()) letters.emplace_back();
        for (auto& line : largeText(group, block)) letters.push_back(std::move(line));
    }
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < std::max(qr.rows.size(), letters.size()); ++i) {
        auto row = i < qr.rows.size() ? qr.rows[i] : std::string(qr.columns, ' ');
        if (i < letters.size()) row += "     " + letters[i];
        rows.push_back(std::move(row));
    }
    frame.art(std::move(rows));
}

bool hasTrouble(const Facts& facts) {
    return !facts.problems.empty() || !facts.notice.empty() ||
           std::ranges::any_of(ladder(facts),
                               [](const Rung& rung) { return rung.state == RungState::Fails; });
}

}  // namespace

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
    Frame frame;
    const auto page = facts.controlplane.empty() ? std::string() : facts.controlplane + "/pair";
    const auto qr = withQr && facts.gateway.state == "offered" && !hasTrouble(facts)
                        ? qrCode(page, kQrRows)
                        : QrCode{};
    frame.line("Private Cloud Gateway " + facts.version + "   " + printable(facts.hostname, 40));
    std::string addresses;
    for (const auto& address : facts.machine.addresses) addresses += address + " ";
    frame.line("Address        " + (addresses.empty() ? std::string("none") : addresses));
    if (!qr.rows.empty()) {
        frame.line("Pairing code: " + facts.gateway.code + "   good for " +
                   std::to_string(facts.gateway.expiresInSeconds / 60 + 1) + " min   " + page);
        frame.line(std::string(kColumns, '-'));
        codeBesideQr(frame, facts.gateway, qr, block);
        rungs(frame, facts, false);
        return frame.take();
    }
    frame.line("Control plane  " +
               (facts.controlplane.empty() ? std::string("not given") : facts.controlplane));
    frame.line(std::string(kColumns, '-'));
    pairing(frame, facts, block);
    frame.line(std::string(kColumns, '-'));
    rungs(frame, facts);
    for (const auto& problem : facts.problems)
        frame.paragraph("", problem.code + ": " + problem.message, 3);
    if (!facts.notice.empty()) frame.paragraph("", facts.notice, 2);
    return frame.take();
}

}  // namespace pcg::appliance

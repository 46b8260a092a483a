// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"

#include <algorithm>

#include "appliance/console/frame.h"
#include "appliance/console/screen.h"
#include "appliance/console/screen_menu.h"

namespace pcg::appliance {
namespace {

std::string_view menuText(std::size_t item, bool paused) {
    switch (item) {
        case Network:
            return "Network";
        case ControlPlane:
            return "Control plane and its CA";
        case Proxy:
            return "HTTP proxy";
        case Time:
            return "Time (NTP)";
        case PauseOrResume:
            return paused ? "Let the SaaS in again" : "Pause all access from the SaaS";
        case Support:
            return "Support bundle";
        case Reboot:
            return "Restart";
        case PowerOff:
            return "Power off";
        case FactoryReset:
            return "Factory reset";
        default:
            return "Leave the settings";
    }
}

std::string masked(const std::string& text) { return std::string(text.size(), '*'); }

// The end of what is typed stays to be seen.
std::string tail(const std::string& text, std::size_t width) {
    return text.size() <= width ? text : text.substr(text.size() - width);
}

std::string padded(std::string_view text, std::size_t width) {
    std::string out(text.substr(0, width));
    out.resize(width, ' ');
    return out;
}

void addWrapped(std::vector<std::string>& lines, std::string_view text) {
    for (const auto part : split(text, '\n')) {
        auto rest = printable(part, 2000);
        do {
            auto cut = rest.size();
            if (cut > kColumns) {
                cut = rest.rfind(' ', kColumns);
                if (cut == std::string::npos || cut == 0) cut = kColumns;
            }
            lines.push_back(rest.substr(0, cut));
            rest.erase(0, std::min(rest.size(), cut + 1));
        } while (!rest.empty());
    }
}

std::string supportText(const Facts& facts) {
    const auto address =
        facts.machine.addresses.empty() ? std::string("ADDRESS") : facts.machine.addresses.front();
    return "A bundle without passwords, keys and codes. Over SSH, with a key among the properties "
           "(ssh_key):\n\n    ssh admin@" +
           address +
           " support-bundle > pcg-support.tar\n\nOr without any network, as text on this VM's "
           "first serial port, which takes a minute or two: let the hypervisor write that port to "
           "a "
           "file (libvirt: virsh console), and type yes:";
}

std::string confirmText(WishKind wish, const Facts& facts) {
    if (wish == WishKind::Bundle) return supportText(facts);
    if (wish != WishKind::FactoryReset) return "Type yes:";
    return "This destroys the gateway's keys, then everything it keeps, and starts again as "
           "imported. That cannot be undone. Type factory-reset:";
}

}  // namespace

std::vector<std::string> Screen::picture(const Facts& facts, std::string_view block) const {
    std::vector<std::string> lines;
    if (page_ == Page::Overview) {
        auto shown = facts;
        if (!notice_.empty()) shown.notice = notice_;
        lines = frame(shown, block, true);
        lines.resize(kRows);
        lines.push_back("F2 settings" + (typed_.empty() ? "" : "     > " + printable(typed_)));
        return lines;
    }
    lines.push_back("Private Cloud Gateway   settings of " + printable(facts.hostname, 40));
    lines.emplace_back(kColumns, '-');
    std::string keys = "Enter: go on   Esc: back";
    switch (page_) {
        case Page::NewPin:
            addWrapped(lines,
                       "No PIN was set yet. Whoever sets it now opens these settings with it from "
                       "now on: 6 to 64 letters, digits or signs. Somebody with the SSH key can "
                       "remove it again (pcgctl console-pin remove).");
            lines.emplace_back();
            lines.push_back((first_.empty() ? "New PIN:     " : "Once more:   ") + masked(typed_));
            break;
        case Page::AskPin:
            lines.push_back("PIN:   " + masked(typed_));
            break;
        case Page::Menu:
            for (std::size_t item = 0; item < MenuItems; ++item)
                lines.push_back((item == chosen_ ? " > " : "   ") +
                                std::string(menuText(item, facts.gateway.paused)));
            keys = "Up, Down, Enter: choose   Esc: leave";
            break;
        case Page::Form:
            for (std::size_t i = 0; i < fields_.size(); ++i) {
                const auto& field = fields_[i];
                lines.push_back(
                    (i == chosen_ ? " > " : "   ") + padded(field.label, 33) + " " +
                    printable(tail(field.isSecret ? masked(field.value) : field.value, 42)));
            }
            lines.emplace_back();
            lines.push_back(std::string(chosen_ == fields_.size() ? " > " : "   ") +
                            "Try these values");
            keys = "Up, Down: field   Enter: next   Esc: back without a change";
            break;
        case Page::Confirm:
            addWrapped(lines, confirmText(confirmed_, facts));
            lines.push_back("> " + printable(typed_));
            break;
        case Page::Busy:
            addWrapped(lines, title_);
            keys.clear();
            break;
        default:
            addWrapped(lines, title_);
            keys = "Any key: go on";
            break;
    }
    if (!notice_.empty()) {
        lines.emplace_back();
        addWrapped(lines, notice_);
    }
    lines.resize(kRows);
    lines.push_back(keys);
    return lines;
}

}  // namespace pcg::appliance

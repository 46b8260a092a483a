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
            return "Control plane, its CA, tenant";
        case Proxy:
            return "HTTP proxy";
        case Time:
            return "Time (NTP) and SSH";
        case TryChanges:
            return "Try and keep";
        case KeepChanges:
            return "Keep without trying";
        case ForgetChanges:
            return "Forget the changes";
        case PauseOrResume:
            return paused ? "Let the SaaS in again" : "Pause all access from the SaaS";
        case Support:
            return "Support bundle";
        case ResetAll:
            return "Back to what the import says";
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

// What is good to know before one presses Enter.
std::string_view menuHint(std::size_t item) {
    switch (item) {
        case TryChanges:
            return "All of it at once. Unless the control plane is reached within two minutes, "
                   "everything goes back by itself. Running sessions may be cut.";
        case KeepChanges:
            return "For a network that is not there yet. Nothing goes back by itself; this console "
                   "works in any case.";
        case ResetAll:
            return "Every value that was changed on this machine: what the VM's options say counts "
                   "again. It is tried first, like any change.";
        default:
            return "";
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

std::vector<std::size_t> Screen::menu() const {
    std::vector<std::size_t> items;
    for (std::size_t item = 0; item < MenuItems; ++item)
        if (!pending_.empty() || item < TryChanges || item > ForgetChanges) items.push_back(item);
    return items;
}

void Screen::toMenu(std::size_t item) {
    const auto items = menu();
    const auto found = std::ranges::find(items, item);
    chosen_ = found == items.end() ? 0 : static_cast<std::size_t>(found - items.begin());
    page_ = Page::Menu;
}

std::size_t Screen::pendingIn(std::size_t form) const {
    return static_cast<std::size_t>(std::ranges::count_if(kFields, [&](const FieldText& field) {
        return field.form == form && pending_.contains(field.property);
    }));
}

std::string Screen::pendingText() const {
    return std::to_string(pending_.size()) + (pending_.size() == 1 ? " change" : " changes");
}

void Screen::addMenu(std::vector<std::string>& lines, bool paused) const {
    const auto items = menu();
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto line = std::string(i == chosen_ ? " > " : "   ");
        line += menuText(items[i], paused);
        const auto here = pendingIn(items[i]);
        if (here > 0) line = padded(line, 36) + std::to_string(here) + " to be changed";
        if (items[i] == TryChanges) line += "  (" + pendingText() + ")";
        lines.push_back(std::move(line));
    }
    const auto hint = menuHint(items[chosen_ % items.size()]);
    if (hint.empty()) return;
    lines.emplace_back();
    addWrapped(lines, hint);
}

void Screen::addForm(std::vector<std::string>& lines) const {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        const auto& field = fields_[i];
        const auto& value = field.isReset ? field.import.value_or("") : field.value;
        const auto marked = !field.isReset && field.isSecret ? masked(value) : value;
        lines.push_back((i == chosen_ ? " > " : "   ") + padded(field.label, 33) + " " +
                        printable(tail(marked, 42)));
    }
    lines.emplace_back();
    lines.push_back(std::string(chosen_ == fields_.size() ? " > " : "   ") + "Take these values");
    lines.emplace_back();
    if (chosen_ == fields_.size()) {
        addWrapped(lines,
                   "Nothing is changed yet: other forms may follow, then all of it is tried at "
                   "once, from the menu.");
        return;
    }
    const auto& field = fields_[chosen_];
    if (!field.hint.empty()) addWrapped(lines, field.hint);
    if (field.isReset) {
        addWrapped(lines, "Goes back to what the import says.");
    } else if (field.import) {
        addWrapped(lines,
                   "Changed on this machine; the import says " +
                       (field.import->empty() ? "nothing" : printable(*field.import, 40)) +
                       ". F4: back to that.");
    }
}

void Screen::addConfirm(std::vector<std::string>& lines, const Facts& facts) const {
    if (confirmed_ == WishKind::Set) {
        addWrapped(lines, title_);
        lines.resize(std::min(lines.size(), kRows - 5));  // the question stays to be seen
        lines.emplace_back();
        addWrapped(lines, "It is only a warning. To use the values all the same type yes:");
    } else {
        addWrapped(lines, confirmText(confirmed_, facts));
    }
    lines.push_back("> " + printable(typed_));
}

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
            addMenu(lines, facts.gateway.paused);
            keys = "Up, Down, Enter: choose   Esc: leave";
            break;
        case Page::Form:
            addForm(lines);
            keys = "Up, Down: field   Enter: next   Esc: back without a change";
            break;
        case Page::Confirm:
            addConfirm(lines, facts);
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

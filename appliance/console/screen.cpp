// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/screen.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>

#include "appliance/console/frame.h"

namespace pcg::appliance {
namespace {

constexpr std::chrono::minutes kOpenFor{5};
constexpr std::size_t kLongestPin = 64;
constexpr std::size_t kLongestValue = 1024;

enum MenuItem : std::size_t {
    Network,
    ControlPlane,
    Proxy,
    Time,
    PauseOrResume,
    Support,
    Reboot,
    PowerOff,
    FactoryReset,
    Leave,
    MenuItems
};

struct FieldText {
    std::size_t form;
    std::string_view property;
    std::string_view label;
};

constexpr std::array<FieldText, 16> kFields{{
    {Network, "hostname", "Host name"},
    {Network, "ipv4", "IPv4: dhcp, none, ADDRESS/PREFIX"},
    {Network, "gateway4", "IPv4 router"},
    {Network, "ipv6", "IPv6: auto, none, ADDRESS/PREFIX"},
    {Network, "gateway6", "IPv6 router"},
    {Network, "dns", "DNS servers"},
    {Network, "search", "Search domains"},
    {ControlPlane, "url", "Control plane, https://..."},
    {ControlPlane, "ca", "Its CA, PEM in base64"},
    {ControlPlane, "ca_sha256", "Or: pin of its root"},
    {ControlPlane, "tenant", "Expected tenant"},
    {Proxy, "proxy", "HTTP proxy, http://HOST:PORT"},
    {Proxy, "proxy_user", "User"},
    {Proxy, "proxy_password", "Password"},
    {Proxy, "proxy_exceptions", "Reached without it"},
    {Time, "ntp", "NTP servers"},
}};

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
    return "A bundle without passwords, keys and codes is fetched over SSH:\n\n    ssh admin@" +
           address +
           " support-bundle > pcg-support.tar\n\nThat needs an SSH public key among the "
           "properties (ssh_key): set it at the hypervisor and restart the machine.";
}

}  // namespace

void Screen::edit(std::string& text, Key key, std::size_t most) const {
    if (key.kind == KeyKind::Backspace && !text.empty()) text.pop_back();
    const bool printableKey = key.kind == KeyKind::Text && key.text >= 0x20 && key.text < 0x7f;
    if (printableKey && text.size() < most) text += key.text;
}

void Screen::close() {
    wipe(typed_);
    wipe(first_);
    typed_.clear();
    first_.clear();
    notice_.clear();
    fields_.clear();
    values_.clear();
    page_ = Page::Overview;
}

void Screen::tell(std::string text, Page back) {
    title_ = std::move(text);
    back_ = back;
    page_ = Page::Message;
}

std::optional<Wish> Screen::send(Wish wish, std::string what) {
    title_ = std::move(what);
    back_ = page_;
    page_ = Page::Busy;
    return wish;
}

void Screen::tick(SteadyTime now) {
    if (page_ == Page::Overview || page_ == Page::Busy) return;
    if (now - touched_ >= kOpenFor) close();
}

std::optional<Wish> Screen::press(Key key, const Facts& facts, SteadyTime now) {
    touched_ = now;
    switch (page_) {
        case Page::Overview:
            return onOverview(key, facts);
        case Page::NewPin:
        case Page::AskPin:
            return onPin(key);
        case Page::Menu:
            return onMenu(key, facts);
        case Page::Form:
            return onForm(key);
        case Page::Confirm:
            return onConfirm(key);
        case Page::Message:
            page_ = back_;
            break;
        case Page::Busy:
            break;
    }
    return std::nullopt;
}

std::optional<Wish> Screen::onOverview(Key key, const Facts& facts) {
    if (key.kind == KeyKind::Menu) {
        notice_.clear();
        return send(Wish{WishKind::PinState}, "Opening the settings...");
    }
    if (key.kind != KeyKind::Enter) {
        edit(typed_, key, 16);
        return std::nullopt;
    }
    const auto word = toLowerAscii(trimAscii(typed_));
    typed_.clear();
    notice_.clear();
    if (word.empty()) return std::nullopt;
    const bool yes = word == "y" || word == "yes";
    if (!yes && word != "n" && word != "no")
        notice_ = "Type y or n.";
    else if (facts.gateway.state != "confirm")
        notice_ = "No tenant asks to own this gateway now.";
    else
        return Wish{WishKind::Answer, yes};
    return std::nullopt;
}

std::optional<Wish> Screen::onPin(Key key) {
    if (key.kind == KeyKind::Escape) {
        close();
        return std::nullopt;
    }
    if (key.kind != KeyKind::Enter) {
        edit(typed_, key, kLongestPin);
        return std::nullopt;
    }
    notice_.clear();
    if (page_ == Page::AskPin)
        return send(Wish{WishKind::PinCheck, false, Secret::takeText(typed_)}, "Looking at it...");
    if (first_.empty()) {
        first_ = std::move(typed_);
        typed_.clear();
        return std::nullopt;
    }
    const bool same = first_ == typed_;
    wipe(typed_);
    typed_.clear();
    if (same) return send(Wish{WishKind::PinSet, false, Secret::takeText(first_)}, "Keeping it...");
    wipe(first_);
    first_.clear();
    notice_ = "They were not the same. Once more.";
    return std::nullopt;
}

std::optional<Wish> Screen::onMenu(Key key, const Facts& facts) {
    if (key.kind == KeyKind::Escape) close();
    if (key.kind == KeyKind::Up) chosen_ = (chosen_ + MenuItems - 1) % MenuItems;
    if (key.kind == KeyKind::Down) chosen_ = (chosen_ + 1) % MenuItems;
    if (key.kind == KeyKind::Enter) return choose(chosen_, facts);
    return std::nullopt;
}

std::optional<Wish> Screen::choose(std::size_t item, const Facts& facts) {
    notice_.clear();
    switch (item) {
        case Network:
        case ControlPlane:
        case Proxy:
        case Time:
            form_ = item;
            return send(Wish{WishKind::Load}, "Reading the settings...");
        case PauseOrResume:
            return send(Wish{facts.gateway.paused ? WishKind::Resume : WishKind::Pause},
                        facts.gateway.paused ? "Letting it in..." : "Cutting it off...");
        case Support:
            tell(supportText(facts), Page::Menu);
            return std::nullopt;
        case Reboot:
        case PowerOff:
        case FactoryReset:
            confirmed_ = item == Reboot     ? WishKind::Reboot
                         : item == PowerOff ? WishKind::PowerOff
                                            : WishKind::FactoryReset;
            typed_.clear();
            page_ = Page::Confirm;
            return std::nullopt;
        default:
            close();
            return std::nullopt;
    }
}

void Screen::openForm() {
    fields_.clear();
    for (const auto& field : kFields) {
        if (field.form != form_) continue;
        const auto value = values_.find(field.property);
        Field one{field.property, field.label};
        one.isSecret = field.property == "proxy_password";
        // What is kept is not shown, and stays unless something is typed.
        if (value != values_.end() && !one.isSecret) one.value = one.before = value->second;
        fields_.push_back(std::move(one));
    }
    chosen_ = 0;
    page_ = Page::Form;
}

std::optional<Wish> Screen::onForm(Key key) {
    const auto last = fields_.size();
    if (key.kind == KeyKind::Escape) {
        chosen_ = form_;
        page_ = Page::Menu;
    } else if (key.kind == KeyKind::Up) {
        chosen_ = chosen_ == 0 ? last : chosen_ - 1;
    } else if (key.kind == KeyKind::Down) {
        chosen_ = chosen_ == last ? 0 : chosen_ + 1;
    } else if (key.kind == KeyKind::Enter && chosen_ < last) {
        ++chosen_;
    } else if (key.kind == KeyKind::Enter) {
        Wish wish{WishKind::Set};
        for (const auto& field : fields_)
            if (field.value != field.before) wish.values.emplace(field.property, field.value);
        if (wish.values.empty()) {
            notice_ = "Nothing was changed.";
            return std::nullopt;
        }
        return send(std::move(wish),
                    "Trying the new values. If the control plane is not reached within two "
                    "minutes, everything goes back by itself.");
    } else if (chosen_ < last) {
        edit(fields_[chosen_].value, key, kLongestValue);
    }
    return std::nullopt;
}

std::optional<Wish> Screen::onConfirm(Key key) {
    if (key.kind == KeyKind::Escape) page_ = Page::Menu;
    if (key.kind != KeyKind::Enter) {
        edit(typed_, key, 32);
        return std::nullopt;
    }
    const auto word = confirmed_ == WishKind::FactoryReset ? "factory-reset" : "yes";
    const bool right = toLowerAscii(trimAscii(typed_)) == word;
    typed_.clear();
    page_ = Page::Menu;
    if (right) return send(Wish{confirmed_}, "Going down...");
    notice_ = "Nothing was done: the word was not typed.";
    return std::nullopt;
}

void Screen::takePin(const Outcome& outcome) {
    typed_.clear();
    if (outcome.kind == WishKind::PinState && outcome.okay) {
        page_ = outcome.pinExists ? Page::AskPin : Page::NewPin;
    } else if (outcome.kind == WishKind::PinState) {
        tell(outcome.text, Page::Overview);
    } else if (outcome.okay) {
        chosen_ = 0;
        page_ = Page::Menu;
    } else {
        notice_ = outcome.text;
        page_ = back_;
    }
}

void Screen::outcome(Outcome outcome) {
    switch (outcome.kind) {
        case WishKind::Answer:
            notice_ = outcome.text;
            return;
        case WishKind::PinState:
        case WishKind::PinSet:
        case WishKind::PinCheck:
            return takePin(outcome);
        case WishKind::Load:
            values_ = std::move(outcome.values);
            if (outcome.okay) return openForm();
            return tell(outcome.text, Page::Menu);
        case WishKind::Set:
            chosen_ = outcome.okay ? form_ : fields_.size();
            return tell(outcome.okay ? "Kept." : outcome.text,
                        outcome.okay ? Page::Menu : Page::Form);
        default:
            return tell(outcome.text, Page::Menu);
    }
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
            addWrapped(lines,
                       confirmed_ == WishKind::FactoryReset
                           ? "This destroys the gateway's keys, then everything it keeps, and "
                             "starts again as imported. That cannot be undone. Type factory-reset:"
                           : "Type yes:");
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

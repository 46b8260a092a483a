// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/screen.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>

#include "appliance/console/screen_menu.h"

namespace pcg::appliance {
namespace {

constexpr std::chrono::minutes kOpenFor{5};
constexpr std::size_t kLongestPin = 64;
constexpr std::size_t kLongestValue = 1024;

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
            return confirm(WishKind::Bundle);
        case Reboot:
            return confirm(WishKind::Reboot);
        case PowerOff:
            return confirm(WishKind::PowerOff);
        case FactoryReset:
            return confirm(WishKind::FactoryReset);
        default:
            close();
            return std::nullopt;
    }
}

std::optional<Wish> Screen::confirm(WishKind what) {
    confirmed_ = what;
    typed_.clear();
    page_ = Page::Confirm;
    return std::nullopt;
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
    if (right) {
        return send(
            Wish{confirmed_},
            confirmed_ == WishKind::Bundle ? "Writing it to the serial port..." : "Going down...");
    }
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

}  // namespace pcg::appliance

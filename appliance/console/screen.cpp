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
constexpr std::size_t kShortestPin = 6;

// A certificate is being pasted, line by line.
bool isAmidPem(std::string_view value) {
    const auto begin = value.rfind("-----BEGIN ");
    return begin != std::string_view::npos && value.find("-----END ", begin) == value.npos;
}

}  // namespace

void Screen::edit(std::string& text, Key key, std::size_t most) {
    if (key.kind == KeyKind::Backspace && !text.empty()) text.pop_back();
    const bool printableKey = key.kind == KeyKind::Text && key.text >= 0x20 && key.text < 0x7f;
    if (!printableKey) return;
    if (text.size() < most)
        text += key.text;
    else
        notice_ = "It was cut: no more than " + std::to_string(most) + " characters fit here.";
}

void Screen::forget() {
    for (auto& [name, value] : pending_)
        if (value) wipe(*value);
    pending_.clear();
    for (auto& field : fields_) wipe(field.value);
    fields_.clear();
}

void Screen::close() {
    wipe(typed_);
    wipe(first_);
    typed_.clear();
    first_.clear();
    notice_.clear();
    forget();
    values_.clear();
    imports_.clear();
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
    if (page_ == Page::Busy) touched_ = now;  // whoever waits has not gone
    if (page_ == Page::Overview || now - touched_ < kOpenFor) return;
    const bool lost = !pending_.empty();
    close();
    if (lost) notice_ = "The settings closed by themselves; what was to be changed was forgotten.";
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
    if (typed_.empty()) {
        notice_ = page_ == Page::AskPin ? "Type the PIN, then Enter. Esc leaves."
                  : first_.empty()
                      ? "Type a PIN of 6 to 64 letters, digits or signs, then Enter. Esc leaves."
                      : "Type the same PIN once more, then Enter. Esc leaves.";
        return std::nullopt;
    }
    if (page_ == Page::AskPin)
        return send(Wish{WishKind::PinCheck, false, Secret::takeText(typed_)}, "Looking at it...");
    if (first_.empty() && typed_.size() < kShortestPin) {
        wipe(typed_);
        typed_.clear();
        notice_ = "That is too short: a PIN has 6 to 64 letters, digits or signs.";
        return std::nullopt;
    }
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
    const auto items = menu();
    if (key.kind == KeyKind::Escape) return choose(Leave, facts);
    if (key.kind == KeyKind::Up) chosen_ = (chosen_ + items.size() - 1) % items.size();
    if (key.kind == KeyKind::Down) chosen_ = (chosen_ + 1) % items.size();
    if (key.kind == KeyKind::Enter) return choose(items[chosen_ % items.size()], facts);
    return std::nullopt;
}

// All that was filled in, as one change; it stays listed until it is kept.
std::optional<Wish> Screen::change(bool keep, bool force) {
    Wish wish{WishKind::Set};
    wish.values = pending_;
    wish.keep = keepWished_ = keep;
    wish.force = force;
    return send(std::move(wish),
                keep ? "Keeping the new values..."
                     : "Trying the new values. If the control plane is not reached within two "
                       "minutes, everything goes back by itself.");
}

std::optional<Wish> Screen::choose(std::size_t item, const Facts& facts) {
    notice_.clear();
    switch (item) {
        case Network:
        case ControlPlane:
        case Proxy:
        case Time:
        case ResetAll:
            form_ = item;
            return send(Wish{WishKind::Load}, "Reading the settings...");
        case TryChanges:
        case KeepChanges:
            return change(item == KeepChanges, false);
        case ForgetChanges:
            forget();
            toMenu(Network);
            notice_ = "Forgotten; nothing was changed.";
            return std::nullopt;
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
            break;
    }
    if (pending_.empty()) {
        close();
        return std::nullopt;
    }
    toMenu(TryChanges);
    notice_ =
        "There is more to do: try and keep what was filled in, keep it without trying, or "
        "forget it.";
    return std::nullopt;
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
        Field one{field.property, field.label};
        one.hint = field.hint;
        one.isSecret = field.property == "proxy_password";
        const auto value = values_.find(field.property);
        // What is kept is not shown, and stays unless something is typed.
        if (value != values_.end() && !one.isSecret) one.value = one.before = value->second;
        if (const auto import = imports_.find(field.property); import != imports_.end())
            one.import = import->second;
        if (const auto wanted = pending_.find(field.property); wanted != pending_.end()) {
            one.isTouched = true;
            one.isReset = !wanted->second;
            one.value = wanted->second.value_or("");
        }
        fields_.push_back(std::move(one));
    }
    chosen_ = 0;
    page_ = Page::Form;
}

// What the form says goes to what is to be changed.
void Screen::takeForm() {
    for (auto& field : fields_) {
        const std::string name(field.property);
        const bool isNew = field.isSecret ? !field.value.empty() : field.value != field.before;
        // Typed once more: it is meant so, whatever the import says by now.
        const bool isSame = field.import && field.isTouched && !field.isSecret;
        if (const auto old = pending_.find(name); old != pending_.end()) {
            if (old->second) wipe(*old->second);
            pending_.erase(old);
        }
        if (field.isReset)
            pending_.emplace(name, std::nullopt);
        else if (isNew || isSame)
            pending_.emplace(name, field.value);
        wipe(field.value);
    }
    fields_.clear();
    const bool any = pendingIn(form_) > 0;
    toMenu(any ? static_cast<std::size_t>(TryChanges) : form_);
    if (!any) notice_ = "Nothing was changed there.";
}

void Screen::editField(Field& field, Key key) {
    if (key.kind == KeyKind::Reset) {
        if (!field.import) {
            notice_ = "That was not changed on this machine: it is what the import says.";
            return;
        }
        wipe(field.value);
        field.value.clear();
        field.isReset = field.isTouched = true;
        return;
    }
    if (key.kind != KeyKind::Text && key.kind != KeyKind::Backspace) return;
    field.isReset = false;
    field.isTouched = true;
    edit(field.value, key, kMaxPropertyOctets);
}

std::optional<Wish> Screen::onForm(Key key) {
    const auto last = fields_.size();
    if (key.kind != KeyKind::Text) notice_.clear();
    if (key.kind == KeyKind::Escape) {
        for (auto& field : fields_) wipe(field.value);
        fields_.clear();
        toMenu(form_);
    } else if (key.kind == KeyKind::Up) {
        chosen_ = chosen_ == 0 ? last : chosen_ - 1;
    } else if (key.kind == KeyKind::Down) {
        chosen_ = chosen_ == last ? 0 : chosen_ + 1;
    } else if (key.kind == KeyKind::Enter && chosen_ < last && isAmidPem(fields_[chosen_].value)) {
        editField(fields_[chosen_], Key{KeyKind::Text, ' '});  // whatever stands for its line ends
    } else if (key.kind == KeyKind::Enter && chosen_ < last) {
        ++chosen_;
    } else if (key.kind == KeyKind::Enter) {
        takeForm();
    } else if (chosen_ < last) {
        editField(fields_[chosen_], key);
    }
    return std::nullopt;
}

void Screen::resetAll(const Outcome& outcome) {
    forget();
    for (const auto& [name, ignored] : outcome.imports) pending_.emplace(name, std::nullopt);
    toMenu(pending_.empty() ? ResetAll : TryChanges);
    notice_ = pending_.empty()
                  ? "Nothing was changed on this machine: everything is as the import says."
                  : "Each value that was changed on this machine goes back to what the import "
                    "says, when that is tried and kept.";
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
    if (right && confirmed_ == WishKind::Set) return change(keepWished_, true);
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
        toMenu(Network);
    } else {
        notice_ = outcome.text;
        page_ = back_;
    }
}

void Screen::takeSet(const Outcome& outcome) {
    typed_.clear();
    if (outcome.okay) forget();
    toMenu(outcome.okay ? Network : TryChanges);
    tell(outcome.text, Page::Menu);
    if (outcome.okay || !outcome.mayForce) return;
    confirmed_ = WishKind::Set;
    page_ = Page::Confirm;
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
            if (!outcome.okay) return tell(outcome.text, Page::Menu);
            if (form_ == ResetAll) return resetAll(outcome);
            values_ = std::move(outcome.values);
            imports_ = std::move(outcome.imports);
            return openForm();
        case WishKind::Set:
            return takeSet(outcome);
        default:
            return tell(outcome.text, Page::Menu);
    }
}

}  // namespace pcg::appliance

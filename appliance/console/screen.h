// SPDX-License-Identifier: Apache-2.0
// The console's pages, sans I/O: keys, facts and outcomes come in; wishes and whole pictures go
// out.
//
// Overview (anybody), behind it the settings, which open with a PIN that whoever opens them first
// sets, and close by themselves. No secret is drawn. One thread.
#pragma once

#include "common/base/clock.h"
#include "common/base/secret.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "appliance/console/facts.h"

namespace pcg::appliance {

enum class KeyKind { Text, Enter, Escape, Backspace, Up, Down, Menu };

struct Key {
    KeyKind kind = KeyKind::Text;
    char text = 0;
};

enum class WishKind {
    Answer,    // yes or no to the tenant that asks
    PinState,  // is there a PIN?
    PinSet,
    PinCheck,
    Load,  // the settings' values
    Set,   // values
    Pause,
    Resume,
    Bundle,  // a support bundle to the serial port
    Reboot,
    PowerOff,
    FactoryReset
};

struct Wish {
    WishKind kind;
    bool yes = false;
    Secret pin{};
    std::map<std::string, std::string, std::less<>> values{};  // of Set
};

// How a wish went.
struct Outcome {
    WishKind kind;
    bool okay = false;
    std::string text;                                          // for the person
    bool pinExists = false;                                    // of PinState
    std::map<std::string, std::string, std::less<>> values{};  // of Load
};

class Screen {
  public:
    // At most one wish is on its way: until its outcome() came, keys do nothing.
    std::optional<Wish> press(Key key, const Facts& facts, SteadyTime now);
    void outcome(Outcome outcome);

    // Settings that nobody touches for five minutes are closed.
    void tick(SteadyTime now);

    // Whole, kRows + 1 lines at most, kColumns wide. `block`: as for frame().
    std::vector<std::string> picture(const Facts& facts, std::string_view block) const;

    bool isOpen() const { return page_ != Page::Overview; }

  private:
    enum class Page { Overview, NewPin, AskPin, Menu, Form, Confirm, Busy, Message };

    struct Field {
        std::string_view property;
        std::string_view label;
        std::string value{};
        std::string before{};
        bool isSecret = false;
    };

    std::optional<Wish> onOverview(Key key, const Facts& facts);
    std::optional<Wish> onPin(Key key);
    std::optional<Wish> onMenu(Key key, const Facts& facts);
    std::optional<Wish> onForm(Key key);
    std::optional<Wish> onConfirm(Key key);
    std::optional<Wish> choose(std::size_t item, const Facts& facts);
    std::optional<Wish> confirm(WishKind what);
    std::optional<Wish> send(Wish wish, std::string what);
    void openForm();
    void close();
    void tell(std::string text, Page back);
    void takePin(const Outcome& outcome);
    void edit(std::string& text, Key key, std::size_t most) const;

    Page page_ = Page::Overview;
    Page back_ = Page::Overview;
    std::string typed_;   // the line that is being typed; wiped when it was a PIN
    std::string first_;   // a new PIN, until it was typed twice
    std::string notice_;  // on the page
    std::string title_;
    std::size_t chosen_ = 0;
    std::vector<Field> fields_;
    std::map<std::string, std::string, std::less<>> values_;
    std::size_t form_ = 0;
    WishKind confirmed_ = WishKind::Reboot;
    SteadyTime touched_{};
};

}  // namespace pcg::appliance

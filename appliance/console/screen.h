// SPDX-License-Identifier: Apache-2.0
// The console's pages, sans I/O: keys, facts and outcomes come in; wishes and whole pictures go
// out.
//
// What is filled in in the forms is gathered, and tried or kept as one change: a static address and
// the proxy behind it make sense together only.
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
#include "appliance/control/overrides.h"

namespace pcg::appliance {

enum class KeyKind { Text, Enter, Escape, Backspace, Up, Down, Menu, Reset };

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
    Set,   // values, all at once
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
    Change values{};     // of Set
    bool keep = false;   // of Set: untried
    bool force = false;  // of Set: also values that are warned of
};

// How a wish went.
struct Outcome {
    WishKind kind;
    bool okay = false;
    std::string text;                                          // for the person
    bool pinExists = false;                                    // of PinState
    std::map<std::string, std::string, std::less<>> values{};  // of Load
    // Of Load: what was changed on this machine, with what the import says; empty: nothing.
    std::map<std::string, std::string, std::less<>> imports{};
    bool mayForce = false;  // of Set: refused for warnings only
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
        std::string_view hint{};
        std::optional<std::string> import{};  // it was changed here, and the import says this
        bool isReset = false;                 // back to that
        bool isTouched = false;
    };

    std::optional<Wish> onOverview(Key key, const Facts& facts);
    std::optional<Wish> onPin(Key key);
    std::optional<Wish> onMenu(Key key, const Facts& facts);
    std::optional<Wish> onForm(Key key);
    std::optional<Wish> onConfirm(Key key);
    std::optional<Wish> choose(std::size_t item, const Facts& facts);
    std::optional<Wish> confirm(WishKind what);
    std::optional<Wish> send(Wish wish, std::string what);
    std::optional<Wish> change(bool keep, bool force);
    std::vector<std::size_t> menu() const;  // what is to be seen of it
    void toMenu(std::size_t item);
    void editField(Field& field, Key key);
    void openForm();
    void takeForm();
    void resetAll(const Outcome& outcome);
    void takeSet(const Outcome& outcome);
    std::string pendingText() const;  // "2 changes"
    std::size_t pendingIn(std::size_t form) const;
    void forget();
    void close();
    void tell(std::string text, Page back);
    void takePin(const Outcome& outcome);
    void edit(std::string& text, Key key, std::size_t most);
    void addMenu(std::vector<std::string>& lines, bool paused) const;
    void addForm(std::vector<std::string>& lines) const;
    void addConfirm(std::vector<std::string>& lines, const Facts& facts) const;

    Page page_ = Page::Overview;
    Page back_ = Page::Overview;
    std::string typed_;   // the line that is being typed; wiped when it was a PIN
    std::string first_;   // a new PIN, until it was typed twice
    std::string notice_;  // on the page
    std::string title_;
    std::size_t chosen_ = 0;
    std::vector<Field> fields_;
    std::map<std::string, std::string, std::less<>> values_;
    std::map<std::string, std::string, std::less<>> imports_;
    Change pending_;        // what was filled in and not sent yet; wiped when it goes
    std::size_t form_ = 0;  // or ResetAll: what the values are loaded for
    bool keepWished_ = false;
    WishKind confirmed_ = WishKind::Reboot;
    SteadyTime touched_{};
};

}  // namespace pcg::appliance

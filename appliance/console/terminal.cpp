// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/terminal.h"

#include <algorithm>

#include <poll.h>
#include <unistd.h>

#define NCURSES_NOMACROS 1  // its functions, not what hides them
#include <curses.h>

#include "appliance/console/frame.h"

namespace pcg::appliance {
namespace {

constexpr int kEscape = 27;
constexpr int kDelete = 127;

std::optional<Key> keyOf(int code) {
    switch (code) {
        case KEY_UP:
            return Key{KeyKind::Up};
        case KEY_DOWN:
        case '\t':
            return Key{KeyKind::Down};
        case KEY_F(2):
            return Key{KeyKind::Menu};
        case KEY_F(4):
            return Key{KeyKind::Reset};
        case KEY_ENTER:
        case '\n':
        case '\r':
            return Key{KeyKind::Enter};
        case KEY_BACKSPACE:
        case kDelete:
        case '\b':
            return Key{KeyKind::Backspace};
        case kEscape:
            return Key{KeyKind::Escape};
        default:
            break;
    }
    if (code < 0x20 || code >= kDelete) return std::nullopt;
    return Key{KeyKind::Text, static_cast<char>(code)};
}

SCREEN* screen = nullptr;

}  // namespace

bool Terminal::open() {
    screen = ::newterm(nullptr, stdout, stdin);
    if (screen == nullptr) return false;
    ::set_term(screen);
    ::cbreak();
    ::noecho();
    ::nonl();
    ::keypad(stdscr, TRUE);
    ::curs_set(0);
    ::set_escdelay(50);
    return true;
}

void Terminal::close() {
    ::endwin();
    ::delscreen(screen);
    screen = nullptr;
}

void Terminal::forgetPicture() { ::clearok(curscr, TRUE); }

std::optional<Key> Terminal::key(int milliseconds, bool& gone) {
    pollfd waiting{STDIN_FILENO, POLLIN, 0};
    ::timeout(0);
    int code = ::getch();
    if (code == ERR) {
        ::poll(&waiting, 1, milliseconds);
        code = ::getch();
        gone = code == ERR && (waiting.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
    }
    return code == ERR ? std::nullopt : keyOf(code);
}

void Terminal::draw(const std::vector<std::string>& page) {
    const auto lines = fitted(page, static_cast<std::size_t>(std::max(LINES, 1)));
    // In the middle: a frame buffer has room for four such pictures.
    const int top = std::max((LINES - static_cast<int>(lines.size())) / 2, 0);
    const int left = std::max((COLS - static_cast<int>(kColumns)) / 2, 0);
    ::erase();
    for (std::size_t row = 0; row < lines.size(); ++row)
        ::mvaddstr(static_cast<int>(row) + top, left, lines[row].c_str());
    ::refresh();
}

}  // namespace pcg::appliance

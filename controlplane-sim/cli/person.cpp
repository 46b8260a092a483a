// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/person.h"

#include "common/base/text.h"
#include "controlplane-sim/cli/command_line.h"

#include <cstdio>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

namespace pcg::controlplane::cli {
namespace {

constexpr std::size_t kMaxLine = 1024;

// While it lives, what is typed is not shown. An interrupt ends the program, and the shell that
// waits for it sets its terminal right again.
class Blind {
  public:
    explicit Blind(int terminal) : terminal_(terminal) {
        termios wanted{};
        known_ = ::tcgetattr(terminal_, &before_) == 0;
        if (!known_) return;
        wanted = before_;
        wanted.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        known_ = ::tcsetattr(terminal_, TCSAFLUSH, &wanted) == 0;
    }

    ~Blind() {
        if (known_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
    }

    Blind(const Blind&) = delete;
    Blind& operator=(const Blind&) = delete;

    bool works() const { return known_; }

  private:
    int terminal_;
    termios before_{};
    bool known_ = false;
};

void write(int terminal, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(terminal, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

// What does not fit is no line: empty then, as at the end of input.
std::string readLine(int terminal) {
    std::string line;
    line.reserve(kMaxLine);  // it may be a password: no copies are left behind
    char c = 0;
    while (::read(terminal, &c, 1) == 1) {
        if (c == '\n') return line;
        if (line.size() == kMaxLine) break;
        line.push_back(c);
    }
    wipe(line);
    return {};
}

}  // namespace

TerminalPerson::TerminalPerson(bool mute)
    : terminal_(mute ? -1 : ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) {}

TerminalPerson::~TerminalPerson() {
    if (terminal_ >= 0) ::close(terminal_);
}

Result<Secret> TerminalPerson::password(const std::string& question) {
    if (terminal_ < 0) {
        return fail(kUsage,
                    "there is no terminal to ask for the password on; give --password-file FILE");
    }
    const Blind blind(terminal_);
    if (!blind.works())
        return fail(kUsage, "the terminal would show the password; give --password-file FILE");
    write(terminal_, question);
    auto line = readLine(terminal_);
    write(terminal_, "\n");
    if (line.empty()) return fail(kUsage, "no password was typed; nothing was changed");
    return Secret::takeText(line);
}

bool TerminalPerson::agrees(const std::string& question) {
    if (terminal_ < 0) return false;
    write(terminal_, question);
    const auto word = toLowerAscii(trimAscii(readLine(terminal_)));
    return word == "y" || word == "yes";
}

void TerminalPerson::tell(const std::string& sentence) {
    if (terminal_ >= 0) write(terminal_, sentence + "\n");
}

}  // namespace pcg::controlplane::cli

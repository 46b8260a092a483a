// SPDX-License-Identifier: Apache-2.0
// pcg-console: the appliance's screen on a terminal. The main thread draws and takes keys; one
// looks at the machine, and one does what was asked for last.
#include "common/base/text.h"

#include <cerrno>
#include <csignal>
#include <future>
#include <iostream>

#include <poll.h>
#include <unistd.h>

#include "appliance/admin/serial_line.h"
#include "appliance/admin/wishes.h"
#include "appliance/console/frame.h"
#include "appliance/console/looker.h"
#include "appliance/console/machine.h"
#include "appliance/console/terminal.h"

namespace {

using namespace pcg;
using namespace pcg::appliance;

constexpr const char* kHelp =
    "pcg-console: shows the gateway's state and pairing code on this terminal.\n\n"
    "Usage: pcg-console [--socket PATH] [--plain] [--once]\n\n"
    "  --socket PATH  the gateway's control socket (default "
    "/var/lib/pcg-gateway/control.sock)\n"
    "  --plain        for a serial line: ASCII, no cursor movement, a frame only when it changed\n"
    "  --once         one frame, then exit\n\n"
    "y or n and Enter answer a tenant's question. F2 opens the settings, with a PIN that is set "
    "then.\n";

constexpr int kLookAgainMs = 2000;
constexpr int kKeyWaitMs = 250;
constexpr std::size_t kMaxLine = 256;

struct Options {
    std::string socket = "/var/lib/pcg-gateway/control.sock";
    bool plain = false;
    bool once = false;
};

void writeAtOnce(std::string_view text) {
    const SharedLine alone(STDOUT_FILENO);  // a support bundle may be on its way out
    while (!text.empty()) {
        const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string picture(const std::vector<std::string>& lines, bool plain) {
    // Home, each line with what stood behind it cleared, then the rest of the screen.
    std::string text = plain ? "\r\n" : "\x1b[H";
    for (const auto& line : lines) text += line + (plain ? "\r\n" : "\x1b[K\r\n");
    return text + (plain ? "" : "\x1b[J");
}

// Without countdown and time of day: a serial log is not to grow by a frame a minute.
std::string essence(Facts facts) {
    facts.gateway.expiresInSeconds = 0;
    facts.machine.clock.says.clear();
    std::string text;
    for (const auto& line : frame(facts, "#")) text += line + "\n";
    return text;
}

// What was typed within the pause, a line at most; false at the end of the input.
bool listen(std::string& line, bool& complete) {
    pollfd waiting{STDIN_FILENO, POLLIN, 0};
    complete = false;
    if (::poll(&waiting, 1, kLookAgainMs) <= 0) return true;
    char c = 0;
    const auto got = ::read(STDIN_FILENO, &c, 1);
    if (got <= 0) return got < 0 && (errno == EINTR || errno == EAGAIN);
    complete = c == '\n' || c == '\r';
    if (!complete && line.size() < kMaxLine) line += c;
    return true;
}

std::string answer(const Options& options, const Facts& facts, std::string_view typed) {
    const auto word = toLowerAscii(trimAscii(typed));
    if (word.empty()) return {};
    const bool yes = word == "y" || word == "yes";
    if (!yes && word != "n" && word != "no") return "Type y or n.";
    if (facts.gateway.state != "confirm") return "No tenant asks to own this gateway now.";
    return answerPairing(options.socket, yes);
}

// Lines and whole words, for a serial line and for --once.
int runPlain(const Options& options) {
    std::string shown;
    std::string typed;
    std::string notice;
    bool listening = !options.once;
    ClockLook clock;
    for (;;) {
        auto facts = lookAround(options.socket, clock);
        facts.notice = notice;
        const auto now = essence(facts);
        if (!options.plain || now != shown)
            writeAtOnce(picture(frame(facts, options.plain ? "#" : "\u2588"), options.plain));
        shown = now;
        if (options.once) return 0;
        bool complete = false;
        do {
            if (listening) {
                listening = listen(typed, complete);
            } else {
                ::poll(nullptr, 0, kLookAgainMs);
            }
        } while (listening && !complete && !typed.empty());
        if (complete) {
            notice = answer(options, facts, typed);
            typed.clear();
        }
    }
}

// Keys and pages; what takes long is done beside it, one thing at a time.
int runScreen(const Options& options) {
    const SystemClock clock;
    ClockLook clockLook;  // the looker's thread's
    Looker looker([&options, &clockLook] { return lookAround(options.socket, clockLook); },
                  std::chrono::milliseconds(kLookAgainMs));
    Screen screen;
    std::future<Outcome> doing;
    for (bool gone = false; !gone;) {
        const auto facts = looker.latest();
        Terminal::draw(screen.picture(facts, "\u2588"));
        const auto key = Terminal::key(kKeyWaitMs, gone);
        screen.tick(clock.now());
        if (doing.valid() && doing.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
            screen.outcome(doing.get());
            looker.lookNow();
        }
        if (!key || doing.valid()) continue;
        auto wish = screen.press(*key, facts, clock.now());
        if (!wish) continue;
        doing = std::async(std::launch::async, [socket = options.socket, wish = std::move(*wish)] {
            return fulfil(socket, wish);
        });
    }
    return 0;  // nobody is at the terminal any more; whoever started this starts it again
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--help" || word == "-h") {
            std::cout << kHelp;
            return 0;
        }
        if (word == "--plain") {
            options.plain = true;
        } else if (word == "--once") {
            options.once = true;
        } else if (word == "--socket" && i + 1 < argc) {
            options.socket = argv[++i];
        } else {
            std::cerr << "pcg-console: \"" << word
                      << "\" is not an option. See: pcg-console --help.\n";
            return 2;
        }
    }
    std::signal(SIGPIPE, SIG_IGN);
    if (options.plain || options.once) return runPlain(options);
    if (!Terminal::open()) {
        std::cerr << "pcg-console: the terminal is of no known kind; set TERM, or use --plain.\n";
        return 1;
    }
    const int code = runScreen(options);
    Terminal::close();
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// pcg-console: the appliance's screen on a terminal. The main thread draws and takes keys; one
// looks at the machine, and one does what was asked for last.
#include "common/base/text.h"

#include <cerrno>
#include <clocale>
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
    "y or n and Enter answer a tenant's question. F2, or settings and Enter on a serial line, "
    "opens "
    "the\nsettings, with a PIN that is set then.\n";

constexpr int kLookAgainMs = 2000;
constexpr int kKeyWaitMs = 250;
constexpr std::chrono::milliseconds kTypingWait(500);
constexpr std::chrono::minutes kNoticeStays(1);
constexpr std::chrono::seconds kFirstLook(20);

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

// Without countdown, time of day and how far it is off: a serial log is not to grow by a frame a
// minute.
std::string essence(Facts facts) {
    facts.gateway.expiresInSeconds = 0;
    facts.machine.clock.says.clear();
    facts.machine.clock.offsetMs.reset();
    std::string text;
    for (const auto& line : frame(facts, "#")) text += line + "\n";
    return text;
}

// What was typed, as a yes or no to the question that is shown; else what there is to say to it.
std::optional<bool> answerIn(const Facts& facts, std::string_view typed, std::string& notice) {
    const auto word = toLowerAscii(trimAscii(typed));
    notice.clear();
    if (word.empty()) return {};
    const bool yes = word == "y" || word == "yes";
    if (!yes && word != "n" && word != "no") {
        notice = "Type y or n; or settings.";
    } else if (facts.gateway.state != "confirm") {
        notice = "No tenant asks to own this gateway now.";
    } else {
        return yes;
    }
    return {};
}

// At a gateway that hangs from the beginning, the machine at least.
std::optional<Facts> latest(const Looker& looker, std::chrono::nanoseconds since) {
    auto facts = looker.latest();
    if (!facts && since > kFirstLook) facts = lookAtMachine();
    return facts;
}

int runOnce(const Options& options) {
    ClockLook clock;
    const auto facts = lookAround(options.socket, clock);
    writeAtOnce(picture(frame(facts, options.plain ? "#" : "\u2588"), options.plain));
    return 0;
}

// Keys and pages, with what takes long beside it, one thing at a time.
class Pages {
  public:
    Pages(std::string socket, std::string_view block) : socket_(std::move(socket)), block_(block) {}

    // Draws, waits for a key and does what it says. False: nobody is at the terminal any more.
    bool turn(const std::optional<Facts>& looked, const Clock& clock) {
        const auto facts = looked.value_or(Facts());
        if (looked) draw(facts);
        bool gone = false;
        const auto key = Terminal::key(kKeyWaitMs, gone);
        screen_.tick(clock.now());
        if (doing_.valid() &&
            doing_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
            screen_.outcome(doing_.get());
            Terminal::forgetPicture();  // a support bundle may have gone over this line
            hasDone_ = true;
        }
        if (key && !doing_.valid()) press(*key, facts, clock);
        return !gone;
    }

    void press(Key key, const Facts& facts, const Clock& clock) {
        auto wish = screen_.press(key, facts, clock.now());
        if (!wish) return;
        doing_ = std::async(std::launch::async, [socket = socket_, wish = std::move(*wish)] {
            return fulfil(socket, wish);
        });
    }

    bool isOpen() const { return screen_.isOpen() || doing_.valid(); }

    // Something was done since the last time.
    bool takeDone() { return std::exchange(hasDone_, false); }

  private:
    void draw(const Facts& facts) const {
        const SharedLine alone(STDOUT_FILENO);
        Terminal::draw(screen_.picture(facts, block_));
    }

    std::string socket_;
    std::string_view block_;
    Screen screen_;
    std::future<Outcome> doing_;
    bool hasDone_ = false;
};

// The settings on a serial line, until they are closed. What there is to say, if they do not open.
std::string runSettings(const Options& options, Looker& looker, const Clock& clock) {
    if (!Terminal::open()) return "The settings need a TERM that is known.";
    Pages pages(options.socket, "#");
    pages.press(Key{KeyKind::Menu}, looker.latest().value_or(Facts()), clock);
    while (pages.isOpen() && pages.turn(looker.latest(), clock)) {
        if (pages.takeDone()) looker.lookNow();
    }
    Terminal::close();
    return {};
}

// Lines and whole words, for a serial line. Neither names nor the gateway hold up what is typed.
int runPlain(const Options& options) {
    const SystemClock clock;
    MachineLook look(options.socket);  // the looker's thread's
    Looker looker([&look] { return look.look(); }, std::chrono::milliseconds(kLookAgainMs));
    TypedLines typed(STDIN_FILENO);
    std::future<std::string> answering;
    std::string shown;
    std::string notice;
    const auto began = clock.now();
    auto noticed = began;
    for (;;) {
        const auto line = typed.next(kTypingWait);
        auto facts = latest(looker, clock.now() - began);
        if (!facts) continue;
        if (answering.valid() &&
            answering.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
            notice = answering.get();
            noticed = clock.now();
        }
        if (line && toLowerAscii(trimAscii(*line)) == "settings") {
            notice = runSettings(options, looker, clock);
            noticed = clock.now();
            shown.clear();  // the screen was another one meanwhile
        } else if (line && !answering.valid()) {
            const auto yes = answerIn(*facts, *line, notice);
            noticed = clock.now();
            if (yes) {
                answering = std::async(std::launch::async, [socket = options.socket, yes = *yes] {
                    return answerPairing(socket, yes);
                });
            }
        }
        if (clock.now() - noticed > kNoticeStays) notice.clear();
        facts->notice = notice;
        const auto now = essence(*facts);
        if (now != shown) writeAtOnce(picture(frame(*facts, "#"), true));
        shown = now;
    }
}

int runScreen(const Options& options) {
    const SystemClock clock;
    MachineLook look(options.socket);  // the looker's thread's
    Looker looker([&look] { return look.look(); }, std::chrono::milliseconds(kLookAgainMs));
    Pages pages(options.socket, "\u2588");
    while (pages.turn(looker.latest(), clock)) {
        if (pages.takeDone()) looker.lookNow();
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
    std::setlocale(LC_ALL, "");  // NOLINT(concurrency-mt-unsafe): before there is another thread
    if (options.once) return runOnce(options);
    if (options.plain) return runPlain(options);
    if (!Terminal::open()) {
        std::cerr << "pcg-console: the terminal is of no known kind; set TERM, or use --plain.\n";
        return 1;
    }
    const int code = runScreen(options);
    Terminal::close();
    return code;
}

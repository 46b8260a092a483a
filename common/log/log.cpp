// SPDX-License-Identifier: Apache-2.0
#include "common/log/log.h"

#include "common/base/clock.h"
#include "common/base/json_text.h"

#include <atomic>

#include <unistd.h>

namespace pcg::log {
namespace {

std::atomic<Level> gLevel{Level::Info};
std::atomic<Sink*> gSink{nullptr};

std::string_view levelName(Level level) {
    switch (level) {
        case Level::Debug:
            return "debug";
        case Level::Info:
            return "info";
        case Level::Warn:
            return "warn";
        case Level::Error:
            return "error";
        case Level::Critical:
            return "critical";
    }
    return "critical";
}

// One line is bounded, whatever a peer sent us to put into it.
constexpr std::size_t kMaxFieldBytes = 2048;

}  // namespace

std::string Field::quote(std::string_view text) {
    std::string quoted = "\"";
    appendJsonEscaped(quoted, text.substr(0, kMaxFieldBytes));
    quoted.push_back('"');
    return quoted;
}

void Logger::failure(Level level,
                     std::string_view event,
                     const Error& error,
                     Fields fields) const noexcept {
    write(level, event, fields, &error);
}

void Logger::write(Level level,
                   std::string_view event,
                   Fields fields,
                   const Error* error) const noexcept try {
    if (level < gLevel.load(std::memory_order_relaxed)) return;
    std::string line =
        "{\"at\":\"" + toRfc3339(std::chrono::system_clock::now()) + "\",\"level\":\"";
    line += levelName(level);
    line += "\",\"component\":\"";
    line += component_;
    line += "\",\"event\":\"";
    line += event;
    line += '"';
    const auto add = [&line](const Field& field) {
        line += ",\"";
        line += field.name();
        line += "\":";
        line += field.json();
    };
    for (const auto& field : fields) add(field);
    if (error != nullptr) {
        add(Field{"code", error->code().name()});
        add(Field{"message", error->message()});
    }
    line += "}";
    if (auto* sink = gSink.load(std::memory_order_acquire)) {
        sink->line(level, line);
        return;
    }
    line += "\n";
    // stderr may be gone; there is nobody left to tell.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
} catch (...) {
    // Out of memory while logging: the event is lost, the program is not.
}

void setLevel(Level level) { gLevel.store(level, std::memory_order_relaxed); }

Sink* setSink(Sink* sink) { return gSink.exchange(sink, std::memory_order_acq_rel); }

}  // namespace pcg::log

// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/clock_look.h"

#include "common/base/text.h"
#include "common/codec/json.h"

#include <ctime>
#include <filesystem>

#include <sys/timex.h>

#include "appliance/tools/run_tool.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;

constexpr std::chrono::seconds kAskAgain{60};
constexpr std::chrono::seconds kToolLimit{5};

// Of the property NTPMessage, (uuuuittayttttbtt): the four times, in microseconds.
enum NtpField : std::size_t { Asked = 8, Received = 9, Sent = 10, Answered = 11, Count = 13 };

std::optional<std::int64_t> offsetOf(const json::Array& message) {
    const auto number = [&message](std::size_t at) -> std::int64_t {
        const auto* value = at < message.size() ? message[at].asInteger() : nullptr;
        return value == nullptr ? 0 : *value;
    };
    constexpr std::int64_t kMost = std::int64_t{1} << 60;  // no sum of these overflows
    for (const auto at : {Asked, Received, Sent, Answered})
        if (number(at) <= 0 || number(at) >= kMost) return {};
    if (number(Count) < 1) return {};
    // RFC 5905, section 8: theta.
    return (number(Received) - number(Asked) + (number(Sent) - number(Answered))) / 2 / 1000;
}

std::int64_t uptime() {
    timespec time{};
    return ::clock_gettime(CLOCK_BOOTTIME, &time) == 0 ? time.tv_sec : 0;
}

// chrony and ntpd tell the kernel. Where a sandbox does not let it be asked, nothing is known.
bool kernelSaysSet() {
    timex state{};
    const int kind = ::adjtimex(&state);
    return kind >= 0 && kind != TIME_ERROR;
}

}  // namespace

ClockFacts readTimesync(std::string_view printed) {
    ClockFacts facts;
    for (const auto line : split(printed, '\n')) {
        const auto object = json::parseObject(line);
        const auto* data = object ? object->find("data") : nullptr;
        if (data == nullptr) continue;
        if (const auto* name = data->asString()) facts.server = name->substr(0, 255);
        if (const auto* message = data->asArray()) facts.offsetMs = offsetOf(*message);
    }
    return facts;
}

void ClockLook::askTimesyncd() {
    const auto said = runTool({"/usr/bin/busctl",
                               "--json=short",
                               "get-property",
                               "org.freedesktop.timesync1",
                               "/org/freedesktop/timesync1",
                               "org.freedesktop.timesync1.Manager",
                               "ServerName",
                               "NTPMessage"},
                              kToolLimit,
                              16_KiB);
    said_ = readTimesync(asText(said.output));
}

ClockFacts ClockLook::look() {
    std::error_code none;
    const bool byTimesyncd = std::filesystem::exists("/run/systemd/timesync/synchronized", none);
    const bool hasTimesyncd = std::filesystem::exists("/run/systemd/timesync", none);
    // Once more as soon as it is set: then there is something to say.
    if (hasTimesyncd &&
        (!asked_ || clock_.now() - *asked_ > kAskAgain || byTimesyncd != said_.isSet)) {
        askTimesyncd();
        asked_ = clock_.now();
    }
    said_.isSet = byTimesyncd;
    auto facts = said_;
    facts.isSet = byTimesyncd || kernelSaysSet();
    auto now = toRfc3339(clock_.wallNow()).substr(0, 16);  // to the minute
    now[10] = ' ';
    facts.says = now + " UTC";
    facts.uptimeSeconds = uptime();
    return facts;
}

}  // namespace pcg::appliance

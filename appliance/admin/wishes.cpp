// SPDX-License-Identifier: Apache-2.0
#include "appliance/admin/wishes.h"

#include "gateway/ctl/ctl.h"

#include <algorithm>
#include <sstream>

#include "appliance/admin/bundle_parts.h"
#include "appliance/admin/machine_client.h"
#include "appliance/admin/serial_line.h"
#include "appliance/console/machine.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;
using std::chrono::seconds;

Outcome failed(WishKind kind, const Error& error) { return {kind, false, coded(error)}; }

Outcome ask(WishKind kind, const json::Object& request, seconds limit, const char* said) {
    const auto answer = MachineClient().demand(request, limit);
    return answer ? Outcome{kind, true, said} : failed(kind, answer.error());
}

json::Object withPin(std::string_view what, const Secret& pin) {
    return toDo(what).set("pin", pin.revealText());
}

Outcome pinState() {
    const auto answer = MachineClient().demand(toDo("pin-state"));
    if (!answer) return failed(WishKind::PinState, answer.error());
    const auto set = answer->booleanOr("set", true);
    return {WishKind::PinState, true, "", !set || *set};
}

Outcome load() {
    const auto answer = MachineClient().demand(toDo("show"));
    if (!answer) return failed(WishKind::Load, answer.error());
    Outcome outcome{WishKind::Load, true, ""};
    const auto values = answer->object("values");
    if (!values) return failed(WishKind::Load, values.error());
    for (const auto& member : (*values)->members()) {
        const auto* one = member.value.asObject();
        const auto value =
            one == nullptr ? Result<std::string>("") : one->string("value", kMaxPropertyOctets);
        if (value) outcome.values.emplace(member.name, *value);
        const auto import = one == nullptr ? Result<std::optional<std::string>>()
                                           : one->optionalString("import", kMaxPropertyOctets);
        if (import && *import) outcome.imports.emplace(member.name, **import);
    }
    return outcome;
}

// True if values were refused that are used all the same.
bool onlyWarned(const json::Object& answer) {
    const auto problems =
        answer.has("problems") ? answer.array("problems", 64) : Result<const json::Array*>(nullptr);
    if (!problems || *problems == nullptr || (*problems)->empty()) return false;
    return std::ranges::all_of(**problems, [](const json::Value& item) {
        const auto* one = item.asObject();
        return one != nullptr && one->booleanOr("warning", false).value_or(false);
    });
}

std::string keptText(const json::Object& answer) {
    std::string text = "Kept.";
    const auto notes =
        answer.has("notes") ? answer.array("notes", 8) : Result<const json::Array*>(nullptr);
    if (!notes || *notes == nullptr) return text;
    for (const auto& note : **notes)
        if (const auto* sentence = note.asString()) text += "\n\n" + *sentence;
    return text;
}

Outcome set(const Wish& wish) {
    json::Object values;
    for (const auto& [name, value] : wish.values)
        values.set(name, value ? json::Value(*value) : json::Value());
    auto request = toDo("set").set("values", std::move(values));
    if (wish.keep) request.set("keep", true);
    if (wish.force) request.set("force", true);
    const auto answer = MachineClient().ask(request, seconds(800));
    if (!answer) return failed(WishKind::Set, answer.error());
    const auto done = checked(*answer);
    if (done) return {WishKind::Set, true, keptText(*answer)};
    auto outcome = failed(WishKind::Set, done.error());
    outcome.mayForce = done.error().is(kWrong) && onlyWarned(*answer);
    if (done.error().is(kReverted))
        outcome.text +=
            "\n\nWhat was filled in is still listed: correct it and try again, or "
            "choose \"Keep without trying\" if the network is not there yet.";
    return outcome;
}

Outcome pause(const std::string& socket, bool on) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    const auto words =
        on ? std::vector<std::string>{"--socket", socket, "pause", "--why", "console"}
           : std::vector<std::string>{"--socket", socket, "resume"};
    const bool okay = gateway::ctl::run(words, in, out, err) == 0;
    const auto kind = on ? WishKind::Pause : WishKind::Resume;
    return {kind,
            okay,
            !okay ? err.str()
            : on  ? "All access is cut off."
                  : "Access is open again."};
}

Outcome reset(const std::string& socket) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    gateway::ctl::run({"--socket", socket, "unpair", "--yes"}, in, out, err);
    return ask(WishKind::FactoryReset,
               toDo("factory-reset").set("confirm", kFactoryResetWord),
               seconds(120),
               "The keys are destroyed; the machine restarts.");
}

constexpr const char* kPort = "/dev/ttyS0";
constexpr std::chrono::seconds kPortPatience(60);

Outcome bundle(const std::string& socket) {
    const auto archive = supportBundle(bundleParts(socket), SystemClock().wallNow());
    const auto written = writeToPort(kPort, asLines(archive), kPortPatience);
    if (!written) return failed(WishKind::Bundle, written.error());
    return {
        WishKind::Bundle,
        true,
        "Written to the serial port: " + std::to_string(archive.size()) +
            " octets. Out of what it was recorded to:\n\n    tac FILE | sed '1,/END PCG/d; /BEGIN "
            "PCG/,$d' | tac |\n        base64 -di > pcg-support.tar\n\nThe last line has its "
            "SHA-256: compare it (sha256sum), and write it once more if it differs."};
}

}  // namespace

Outcome fulfil(const std::string& socket, const Wish& wish) {
    const seconds limit(180);
    switch (wish.kind) {
        case WishKind::Answer:
            return {wish.kind, true, answerPairing(socket, wish.yes)};
        case WishKind::PinState:
            return pinState();
        case WishKind::PinSet:
            return ask(wish.kind, withPin("pin-set", wish.pin), limit, "");
        case WishKind::PinCheck:
            return ask(wish.kind, withPin("pin-check", wish.pin), limit, "");
        case WishKind::Load:
            return load();
        case WishKind::Set:
            return set(wish);
        case WishKind::Pause:
            return pause(socket, true);
        case WishKind::Resume:
            return pause(socket, false);
        case WishKind::Bundle:
            return bundle(socket);
        case WishKind::Reboot:
            return ask(wish.kind, toDo("reboot"), limit, "The machine restarts.");
        case WishKind::PowerOff:
            return ask(wish.kind, toDo("power-off"), limit, "The machine goes off.");
        case WishKind::FactoryReset:
            return reset(socket);
    }
    return {wish.kind, false, "There is no such thing to be done."};
}

}  // namespace pcg::appliance

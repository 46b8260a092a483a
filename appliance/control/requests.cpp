// SPDX-License-Identifier: Apache-2.0
#include "appliance/control/requests.h"

#include <algorithm>

#include "appliance/control/trial.h"
#include "appliance/properties/network_values.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;

constexpr ErrorCode kBadRequest{ErrorClass::Input, "appliance.request"};
constexpr ErrorCode kBusy{ErrorClass::Weather, "appliance.busy"};
constexpr ErrorCode kWrong{ErrorClass::Input, "appliance.wrong_value"};
constexpr ErrorCode kReverted{ErrorClass::Weather, "appliance.reverted"};
constexpr std::chrono::milliseconds kLookAgain{1000};
constexpr ByteCount kMostJournal = 512_KiB;

json::Array toJson(const std::vector<Problem>& problems) {
    json::Array items;
    for (const auto& problem : problems) {
        json::Object item;
        item.set("code", problem.code)
            .set("subject", problem.subject)
            .set("message", problem.message);
        items.emplace_back(std::move(item));
    }
    return items;
}

json::Object okay() { return json::Object().set("ok", true); }

json::Object refusal(const Error& error) {
    return json::Object()
        .set("ok", false)
        .set("code", error.code().name())
        .set("message", error.message());
}

json::Object from(const Result<>& result) { return result ? okay() : refusal(result.error()); }

bool isPassword(std::string_view name) { return name.find("password") != std::string_view::npos; }

json::Object show(MachinePort& machine) {
    const auto imported = machine.imported();
    const auto overrides = machine.overrides();
    const auto now = layered(imported, overrides);
    json::Object values;
    for (const auto& name : propertyNames()) {
        const auto value = now.find(name);
        const auto changed = overrides.contains(name);
        if (value == now.end() && !changed) continue;
        const auto text = value == now.end() ? std::string()
                          : isPassword(name) ? std::string("(set)")
                                             : value->second;
        values.set(name,
                   json::Object()
                       .set("value", text)
                       .set("from", changed ? std::string("this machine") : machine.source()));
    }
    return okay()
        .set("values", std::move(values))
        .set("problems", toJson(readSettings(now, machine.wallNow()).problems));
}

Result<Change> readChange(const json::Object& request) {
    const auto* values = PCG_TRY(request.object("values"));
    Change change;
    const auto& known = propertyNames();
    for (const auto& member : values->members()) {
        if (std::ranges::find(known, member.name) == known.end())
            return fail(kBadRequest, "There is no property \"" + member.name + "\".");
        const auto* text = member.value.asString();
        if (member.value.isNull())
            change.emplace(member.name, std::nullopt);
        else if (text != nullptr && text->size() <= kMaxPropertyOctets &&
                 text->find('\0') == std::string::npos)
            change.emplace(member.name, *text);
        else
            return fail(kBadRequest, member.name + " is no text of at most 32 KiB.");
    }
    if (change.empty()) return fail(kBadRequest, "Nothing was named that is to be changed.");
    return change;
}

// Tried until the link is back, or not: true if the values may be kept.
bool tryOut(MachinePort& machine, std::chrono::seconds most) {
    Trial trial(machine.now(), most);
    for (;;) {
        const bool back = machine.linkIsBack();
        const auto step = trial.look(machine.now(), back);
        if (step != TrialStep::Wait) return step == TrialStep::Keep;
        machine.say(json::Object().set("waiting", true).set("link", back));
        machine.pause(kLookAgain);
    }
}

Result<> applyAndKeep(MachinePort& machine,
                      const Properties& before,
                      const Properties& after,
                      const Overrides& wanted,
                      std::chrono::seconds most,
                      bool untried) {
    const auto undo = [&machine, &before](Error error) -> Result<> {
        const auto back = machine.apply(before);
        if (back) return fail(std::move(error));
        return fail(std::move(error).context("The values from before could not be put back (" +
                                             back.error().message() + "); restart the machine"));
    };
    if (const auto applied = machine.apply(after); !applied) return undo(applied.error());
    machine.say(json::Object().set("applied", true));
    if (!untried && !tryOut(machine, most)) {
        return undo(Error(kReverted,
                          "The control plane was not reached within " +
                              std::to_string(most.count()) +
                              " s, so everything is as it was before. --keep keeps a change that "
                              "cannot be tried yet."));
    }
    if (const auto kept = machine.keepOverrides(wanted); !kept) return undo(kept.error());
    return {};
}

json::Object set(const json::Object& request, MachinePort& machine) {
    const auto change = readChange(request);
    const auto within = request.optionalInteger("within_s", 1, 600);
    const auto untried = request.booleanOr("keep", false);
    const auto force = request.booleanOr("force", false);
    if (!change) return refusal(change.error());
    if (!within || !untried || !force)
        return refusal(
            Error(kBadRequest, "within_s is 1 to 600; keep and force are true or false."));
    if (!machine.takeTurn())
        return refusal(Error(kBusy, "Another change is being tried; wait until it is decided."));
    const auto imported = machine.imported();
    const auto old = machine.overrides();
    const auto wanted = changedBy(old, *change);
    if (writeOverrides(wanted).size() > kMaxEnvironment)
        return refusal(Error(kWrong, "All changes together are more than 256 KiB."));
    const auto before = layered(imported, old);
    const auto after = layered(imported, wanted);
    const auto problems = newProblems(before, after, machine.wallNow());
    if (!problems.empty() && !*force) {
        auto answer = refusal(Error(kWrong, "Nothing was changed."));
        return answer.set("problems", toJson(problems));
    }
    const std::chrono::seconds most(*within ? **within : 120);
    return from(applyAndKeep(machine, before, after, wanted, most, *untried));
}

json::Object reset(const json::Object& request, MachinePort& machine) {
    const auto word = request.optionalString("confirm", 64);
    if (!word || !*word || **word != kFactoryResetWord)
        return refusal(Error(kBadRequest, "It is not confirmed; nothing was changed."));
    if (!machine.takeTurn())
        return refusal(Error(kBusy, "A change is being tried; wait until it is decided."));
    if (const auto gone = machine.forgetEverything(); !gone) return refusal(gone.error());
    return from(machine.power(PowerAction::Reboot));
}

json::Object pinState(MachinePort& machine) {
    const auto record = machine.pin();
    if (!record) return refusal(record.error());
    auto answer = okay().set("set", record->has_value());
    if (*record) answer.set("wait_s", pinWait(**record, machine.wallNow()).count());
    return answer;
}

Result<Secret> pinOf(const json::Object& request) {
    auto text = PCG_TRY(request.string("pin", 256));
    return Secret::takeText(text);
}

// Only where there is none: a PIN that exists is removed by pcgctl, over SSH with its key.
json::Object pinSet(const json::Object& request, MachinePort& machine) {
    const auto pin = pinOf(request);
    if (!pin) return refusal(pin.error());
    const auto record = machine.pin();
    if (!record) return refusal(record.error());
    if (*record) return refusal(Error(kBadPin, "There is a PIN already."));
    auto made = makePin(*pin, machine.random());
    return made ? from(machine.keepPin(std::move(*made))) : refusal(made.error());
}

json::Object pinCheck(const json::Object& request, MachinePort& machine) {
    const auto pin = pinOf(request);
    if (!pin) return refusal(pin.error());
    auto record = machine.pin();
    if (!record) return refusal(record.error());
    if (!*record) return refusal(Error(kBadPin, "There is no PIN yet."));
    const auto right = checkPin(*pin, **record, machine.wallNow());
    // A failure that cannot be kept would be a free try.
    if (const auto kept = machine.keepPin(**record); !kept) return refusal(kept.error());
    return from(right);
}

}  // namespace

json::Object answerRequest(std::string_view text, MachinePort& machine) {
    const auto request = json::parseObject(text, kMaxRequest);
    if (!request) return refusal(request.error());
    const auto what = request->string("do", 64);
    if (!what) return refusal(what.error());
    if (*what == "show") return show(machine);
    if (*what == "set") return set(*request, machine);
    if (*what == "reboot") return from(machine.power(PowerAction::Reboot));
    if (*what == "power-off") return from(machine.power(PowerAction::PowerOff));
    if (*what == "factory-reset") return reset(*request, machine);
    if (*what == "journal") return okay().set("journal", machine.journal(kMostJournal));
    if (*what == "pin-state") return pinState(machine);
    if (*what == "pin-set") return pinSet(*request, machine);
    if (*what == "pin-check") return pinCheck(*request, machine);
    if (*what == "pin-remove") return from(machine.keepPin(std::nullopt));
    return refusal(Error(kBadRequest, "There is nothing called \"" + *what + "\" to be done."));
}

}  // namespace pcg::appliance

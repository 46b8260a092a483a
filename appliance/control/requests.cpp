// SPDX-License-Identifier: Apache-2.0
#include "appliance/control/requests.h"

#include <algorithm>

#include "appliance/control/trial.h"
#include "appliance/properties/network_values.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;

constexpr std::chrono::milliseconds kLookAgain{1000};
constexpr ByteCount kMostJournal = 512_KiB;

json::Array toJson(const std::vector<Problem>& problems) {
    json::Array items;
    for (const auto& problem : problems) {
        json::Object item;
        item.set("code", problem.code)
            .set("subject", problem.subject)
            .set("message", problem.message);
        if (problem.isWarning) item.set("warning", true);
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

std::string shownValue(const Properties& values, std::string_view name) {
    const auto value = values.find(name);
    if (value == values.end()) return {};
    return isPassword(name) ? std::string("(set)") : value->second;
}

json::Object show(MachinePort& machine) {
    const auto imported = machine.imported();
    const auto overrides = machine.overrides();
    const auto now = layered(imported, overrides);
    json::Object values;
    for (const auto& name : propertyNames()) {
        const auto changed = overrides.contains(name);
        if (!now.contains(name) && !changed) continue;
        json::Object one;
        one.set("value", shownValue(now, name))
            .set("from", changed ? std::string("this machine") : machine.source());
        if (changed) one.set("import", shownValue(imported, name));
        values.set(name, std::move(one));
    }
    auto problems = readSettings(now, machine.wallNow()).problems;
    if (!machine.source().empty())
        for (auto& one : shadowed(imported, overrides, machine.importSeen()))
            problems.push_back(std::move(one));
    return okay().set("values", std::move(values)).set("problems", toJson(problems));
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
    const auto deadline = machine.now() + most;
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - machine.now());
        const bool back = machine.linkIsBack(left);
        const auto step = trial.look(machine.now(), back);
        if (step != TrialStep::Wait) return step == TrialStep::Keep;
        machine.say(json::Object().set("waiting", true).set("link", back));
        machine.pause(kLookAgain);
    }
}

// One change, from what runs now to what is to be kept.
struct Step {
    Properties before;
    Properties after;
    Overrides wanted;
    ImportSeen seen;
    Effect effect;
    std::chrono::seconds most;
    bool isTried = true;
};

Result<> applyAndKeep(MachinePort& machine, const Step& step) {
    const auto undo = [&machine, &step](Error error) -> Result<> {
        const auto back = machine.apply(step.before, step.effect);
        if (back) return fail(std::move(error));
        return fail(std::move(error).context("The values from before could not be put back (" +
                                             back.error().message() + "); restart the machine"));
    };
    const auto applied = machine.apply(step.after, step.effect);
    if (!applied) return undo(applied.error());
    if (step.isTried) {
        machine.say(json::Object().set("applied", true));
        if (!tryOut(machine, step.most)) {
            return undo(Error(kReverted,
                              "The control plane was not reached within " +
                                  std::to_string(step.most.count()) +
                                  " s, so everything is as it was before."));
        }
    }
    const auto kept = machine.keepOverrides(step.wanted, step.seen);
    return kept ? Result<>{} : undo(kept.error());
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
    Step step;
    step.wanted = changedBy(imported, old, *change);
    if (writeOverrides(step.wanted).size() > kMaxEnvironment)
        return refusal(Error(kWrong, "All changes together are more than 256 KiB."));
    step.before = layered(imported, old);
    step.after = layered(imported, step.wanted);
    const auto now = machine.wallNow();
    const auto problems = newProblems(step.before, step.after, now);
    if (!problems.empty() && !*force) {
        auto answer = refusal(Error(kWrong, "Nothing was changed."));
        return answer.set("problems", toJson(problems));
    }
    step.seen = seenBy(imported, step.wanted, *change, machine.importSeen());
    // The import may say otherwise than when the machine was started.
    const auto after = readSettings(step.after, now).settings;
    const auto first = effectOf(readSettings(step.before, now).settings, after);
    const auto second = effectOf(readSettings(machine.running(), now).settings, after);
    step.effect = {first.wayOut || second.wayOut, first.gateway || second.gateway};
    step.most = std::chrono::seconds(*within ? **within : 120);
    step.isTried = step.effect.wayOut && !*untried;
    const bool decided = change->contains("remote") && machine.mayBePaired();
    const auto done = applyAndKeep(machine, step);
    if (!done || !decided) return from(done);
    json::Array notes;
    notes.emplace_back(
        "The gateway is paired. What its admin decided at the pairing or with pcgctl remote stays, "
        "and remote counts only where nothing was decided. See: pcgctl remote show; change it "
        "with: "
        "pcgctl remote allow, pcgctl remote deny.");
    return okay().set("notes", std::move(notes));
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
    if (const auto kept = machine.keepPin(*record); !kept) return refusal(kept.error());
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

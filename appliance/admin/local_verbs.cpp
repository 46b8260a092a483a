// SPDX-License-Identifier: Apache-2.0
#include "appliance/admin/local_verbs.h"

#include "common/base/text.h"
#include "gateway/console/pairing_status.h"
#include "gateway/ctl/ctl.h"
#include "gateway/errc.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

#include "appliance/admin/bundle_parts.h"
#include "appliance/admin/diagnosis.h"
#include "appliance/admin/machine_client.h"
#include "appliance/admin/settings_change.h"
#include "appliance/console/machine.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;
using gateway::ctl::Command;
using std::chrono::seconds;

constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kUsageError = 2;
constexpr const char* kDefaultBundle = "pcg-support.tar";

int complain(std::ostream& err, const Error& error) {
    if (error.is(gateway::errc::kUsage)) {
        err << "pcgctl: " << error.message() << "\n";
        return kUsageError;
    }
    err << "pcgctl: " << coded(error) << "\n";
    return kFailed;
}

int diagnose(const Command& command, std::ostream& out) {
    ClockLook clock;
    const auto facts = lookAround(command.socket, clock);
    const auto rungs = fullLadder(facts);
    if (command.json)
        out << json::write(diagnosisJson(rungs, facts.problems)) << "\n";
    else
        out << diagnosisText(rungs, facts.problems);
    return allHolds(rungs, facts.problems) ? kOk : kFailed;
}

int supportBundleTo(const Command& command, std::ostream& out, std::ostream& err) {
    const auto path =
        command.has("--out-file") ? command.option("--out-file") : std::string(kDefaultBundle);
    const auto archive = supportBundle(bundleParts(command.socket), SystemClock().wallNow());
    if (path == "-") {
        out << archive << std::flush;
        return out.good() ? kOk : kFailed;
    }
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool written = file >= 0 && ::write(file, archive.data(), archive.size()) ==
                                          static_cast<ssize_t>(archive.size());
    const int why = errno;
    if (file >= 0) ::close(file);
    if (!written) {
        err << "pcgctl: --out-file: " << path << " cannot be written: " << std::strerror(why)
            << ".\n";
        return kFailed;
    }
    err << "Written to " << path << ".\n";
    return kOk;
}

// Whatever stands in it, no terminal obeys it.
std::string firstLine(std::string_view text) {
    text = text.substr(0, text.find('\n'));
    return text.empty() ? "-" : gateway::sanitizeForConsole(text, 100);
}

// "dns   192.0.2.53  (changed here; the import says 192.0.2.1)"
std::string shownLine(const json::Object& one) {
    const auto value = one.string("value", kMaxPropertyOctets);
    const auto from = one.string("from", 64);
    const auto import = one.optionalString("import", kMaxPropertyOctets);
    auto line = firstLine(value ? *value : std::string());
    if (!import || !*import) return line + "  (" + (from ? *from : std::string()) + ")";
    return line + "  (changed here; the import says " +
           ((*import)->empty() ? "nothing" : firstLine(**import)) + ")";
}

void printProblems(const json::Object& answer, std::ostream& err) {
    const auto problems = answer.array("problems", 64);
    if (!problems) return;
    for (const auto& item : **problems) {
        const auto* one = item.asObject();
        const auto code = one == nullptr ? Result<std::string>("") : one->string("code", 256);
        // What is wrong with a value is diagnose's; this is about where values come from.
        if (!code || *code != "appliance.import_changed") continue;
        const auto message = one->string("message", 4096);
        if (message) err << *code << ": " << gateway::sanitizeForConsole(*message, 1000) << "\n";
    }
}

int show(const Command& command, std::ostream& out, std::ostream& err) {
    const auto answer = MachineClient().demand(toDo("show"));
    if (!answer) return complain(err, answer.error());
    if (command.json) {
        out << json::write(*answer) << "\n";
        return kOk;
    }
    const auto values = answer->object("values");
    for (const auto& name : shownBy(command.verb->words)) {
        const auto one = values ? (*values)->optionalObject(name) : Result<const json::Object*>();
        auto line = name;
        line.resize(std::max<std::size_t>(line.size() + 1, 18), ' ');
        if (!one || *one == nullptr) {
            out << line << "-\n";
            continue;
        }
        out << line << shownLine(**one) << "\n";
    }
    printProblems(*answer, err);
    return kOk;
}

int change(const Command& command, std::istream& in, std::ostream& out, std::ostream& err) {
    const auto request = changeRequest(command, in);
    if (!request) return complain(err, request.error());
    bool told = false;
    const auto onWord = [&err, &told](const json::Object& word) {
        if (word.has("applied"))
            err << "Changed; waiting for the control plane. If it is not reached, everything goes "
                   "back by itself.\n";
        else if (!told && word.has("waiting"))
            told = true;
    };
    const auto done = MachineClient().demand(*request, seconds(800), onWord);
    if (!done) complain(err, done.error());
    if (!done && done.error().is(kReverted)) {
        err << "What belongs together is changed with one command: settings set takes all options. "
               "--keep keeps a change untried, for a network that is not there yet.\n";
    }
    if (!done && done.error().is(kWrong)) {
        err << "--force takes the change all the same: what is wrong is left out, a value with a "
               "warning is used.\n";
    }
    if (!done) return kFailed;
    out << (command.json ? json::write(*done) + "\n" : "Kept.\n");
    const auto notes = done->has("notes") ? done->array("notes", 8) : Result<const json::Array*>();
    if (command.json || !notes || *notes == nullptr) return kOk;
    for (const auto& note : **notes)
        if (const auto* text = note.asString()) out << *text << "\n";
    return kOk;
}

// Everything at the control plane is given back first, as far as it can be reached.
void unpairFirst(const Command& command, std::ostream& err) {
    std::istringstream in;
    std::ostringstream said;
    std::ostringstream why;
    if (gateway::ctl::run({"--socket", command.socket, "unpair", "--yes"}, in, said, why) == 0)
        err << "The tenant's gateway was given back.\n";
    else
        err << "The gateway could not be given back to the control plane; the tenant removes it "
               "there.\n";
}

int factoryReset(const Command& command, std::istream& in, std::ostream& out, std::ostream& err) {
    const MachineClient machine;
    if (!machine.exists()) return complain(err, machine.ask(toDo("show")).error());
    if (!command.has("--yes")) {
        err << "This destroys the gateway's keys, then everything it keeps: pairing, endpoints "
               "with "
               "their credentials, access keys, policy, audit, and what was changed on this "
               "machine. It starts again as it was imported. That cannot be undone.\nType the word "
            << kFactoryResetWord << " to confirm: " << std::flush;
        std::string line;
        std::getline(in, line);
        if (trimAscii(line) != kFactoryResetWord) {
            err << "pcgctl: the word was not typed; nothing was changed.\n";
            return kUsageError;
        }
    }
    unpairFirst(command, err);
    const auto done =
        machine.demand(toDo("factory-reset").set("confirm", kFactoryResetWord), seconds(120));
    if (!done) return complain(err, done.error());
    out << "The keys are destroyed; the machine restarts.\n";
    return kOk;
}

int simple(std::string_view what, std::string_view said, std::ostream& out, std::ostream& err) {
    const auto done = MachineClient().demand(toDo(what));
    if (!done) return complain(err, done.error());
    out << said << "\n";
    return kOk;
}

}  // namespace

int performOnMachine(const Command& command,
                     std::istream& in,
                     std::ostream& out,
                     std::ostream& err) {
    const auto verb = command.verb->words;
    if (verb == "diagnose") return diagnose(command, out);
    if (verb == "support-bundle") return supportBundleTo(command, out, err);
    if (verb == "factory-reset") return factoryReset(command, in, out, err);
    if (verb == "reboot") return simple("reboot", "The machine restarts.", out, err);
    if (verb == "power-off") return simple("power-off", "The machine goes off.", out, err);
    if (verb == "console-pin remove") {
        return simple("pin-remove",
                      "The console asks for a new PIN when its settings are opened next.",
                      out,
                      err);
    }
    if (verb.ends_with(" show")) return show(command, out, err);
    return change(command, in, out, err);
}

}  // namespace pcg::appliance

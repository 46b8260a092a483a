// SPDX-License-Identifier: Apache-2.0
#include "appliance/control/overrides.h"

#include "common/codec/json.h"
#include "common/crypto/digest.h"

#include <algorithm>
#include <array>
#include <utility>

#include "appliance/properties/network_values.h"
#include "appliance/render/files.h"

namespace pcg::appliance {

namespace json = codec::json;

namespace {

// Of what, and what goes with it; a password's user last, when the proxy's is gone already.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kBelongs{{
    {"proxy", "proxy_user"},
    {"proxy", "proxy_password"},
    {"proxy", "proxy_exceptions"},
    {"proxy", "proxy_ca"},
    {"proxy_user", "proxy_password"},
}};

std::string markOf(const Properties& imported, std::string_view name) {
    const auto value = imported.find(name);
    return value == imported.end() ? std::string() : toHex(crypto::sha256(value->second));
}

// For a sentence: the beginning of its first line.
std::string shown(std::string_view name, std::string_view value) {
    if (isAbsent(value)) return "nothing";
    if (isPassword(name)) return "another one";
    return "\"" + std::string(value.substr(0, std::min<std::size_t>(value.find('\n'), 48))) + "\"";
}

bool areSame(const std::vector<File>& a, const std::vector<File>& b) {
    return std::ranges::equal(a, b, [](const File& one, const File& other) {
        return one.path == other.path && one.content == other.content;
    });
}

}  // namespace

bool isPassword(std::string_view name) { return name.find("password") != std::string_view::npos; }

Result<Overrides> parseOverrides(std::string_view text) {
    const auto object = PCG_TRY(json::parseObject(text, kMaxEnvironment));
    Overrides overrides;
    const auto& known = propertyNames();
    for (const auto& member : object.members()) {
        const auto* value = member.value.asString();
        if (std::ranges::find(known, member.name) == known.end())
            return fail(kBadValue, "There is no property \"" + member.name + "\".");
        if (value == nullptr || value->size() > kMaxPropertyOctets ||
            value->find('\0') != std::string::npos) {
            return fail(kBadValue,
                        "The value of " + member.name + " is no text of at most 32 KiB.");
        }
        overrides.emplace(member.name, *value);
    }
    return overrides;
}

std::string writeOverrides(const Overrides& overrides) {
    json::Object object;
    for (const auto& [name, value] : overrides) object.set(name, value);
    return json::write(object) + "\n";
}

Overrides changedBy(const Properties& imported, Overrides overrides, const Change& change) {
    for (const auto& [name, value] : change) {
        if (value)
            overrides.insert_or_assign(name, std::string(givenValue(*value).value_or("")));
        else
            overrides.erase(name);
    }
    for (const auto& [of, name] : kBelongs) {
        const auto now = layered(imported, overrides);
        if (!change.contains(of) || now.contains(of) || change.contains(name)) continue;
        if (imported.contains(name))
            overrides.insert_or_assign(std::string(name), "");
        else
            overrides.erase(std::string(name));
    }
    return overrides;
}

Properties layered(Properties imported, const Overrides& overrides) {
    for (const auto& [name, value] : overrides) {
        if (const auto given = givenValue(value))
            imported.insert_or_assign(name, std::string(*given));
        else
            imported.erase(name);
    }
    return imported;
}

ImportSeen seenBy(const Properties& imported,
                  const Overrides& overrides,
                  const Change& change,
                  const ImportSeen& before) {
    ImportSeen seen;
    for (const auto& [name, ignored] : overrides) {
        const auto known = before.find(name);
        if (change.contains(name) || known == before.end())
            seen.emplace(name, markOf(imported, name));
        else
            seen.insert(*known);
    }
    return seen;
}

std::vector<Problem> shadowed(const Properties& imported,
                              const Overrides& overrides,
                              const ImportSeen& seen) {
    std::vector<Problem> problems;
    for (const auto& [name, value] : overrides) {
        const auto then = seen.find(name);
        if (then == seen.end() || then->second == markOf(imported, name)) continue;
        const auto now = imported.find(name);
        if (now != imported.end() && now->second == value) continue;
        problems.push_back(
            {"appliance.import_changed",
             "pcgw." + name,
             "The VM's options were changed and say " +
                 shown(name, now == imported.end() ? "" : now->second) + " now; " +
                 shown(name, value) +
                 " counts, which was set on this machine. To take theirs: pcgctl settings reset " +
                 name +
                 ", or F4 on it in the console's settings. To stay with this one: set it "
                 "once more.",
             true});
    }
    return problems;
}

Effect effectOf(const Settings& before, const Settings& after) {
    // Whatever of these is wrong, the machine is reached as it was.
    auto same = after;
    same.hostname = before.hostname;
    same.remote = before.remote;
    same.sshKeys = before.sshKeys;
    same.ntp = before.ntp;
    Effect effect;
    effect.wayOut = !areSame(networkFiles(before), networkFiles(same)) ||
                    !areSame(gatewayFiles(before), gatewayFiles(same)) ||
                    egressFile(before).content != egressFile(same).content;
    auto read = after;
    read.sshKeys = before.sshKeys;
    effect.gateway = effect.wayOut || !areSame(gatewayFiles(before), gatewayFiles(read));
    return effect;
}

std::vector<Problem> newProblems(const Properties& before, const Properties& after, WallTime now) {
    const auto old = readSettings(before, now).problems;
    auto fresh = readSettings(after, now).problems;
    std::erase_if(fresh,
                  [&old](const Problem& one) { return std::ranges::find(old, one) != old.end(); });
    return fresh;
}

}  // namespace pcg::appliance

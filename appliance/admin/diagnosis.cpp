// SPDX-License-Identifier: Apache-2.0
#include "appliance/admin/diagnosis.h"

#include <algorithm>

namespace pcg::appliance {
namespace {

namespace json = codec::json;

std::string_view stateName(RungState state) {
    switch (state) {
        case RungState::Holds:
            return "holds";
        case RungState::Waits:
            return "waits";
        case RungState::Warns:
            return "warns";
        case RungState::Fails:
            return "fails";
    }
    return "waits";
}

// A terminal obeys nothing of what a stranger wrote.
std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text) out += c >= 0x20 && c < 0x7f ? c : '?';
    return out;
}

}  // namespace

std::vector<Rung> fullLadder(const Facts& facts) {
    auto rungs = ladder(facts);
    const auto warnings = warningRungs(facts.gateway, rungs);
    for (auto& rung : endpointRungs(facts.gateway)) rungs.push_back(std::move(rung));
    rungs.insert(rungs.end(), warnings.begin(), warnings.end());
    return rungs;
}

bool allHolds(const std::vector<Rung>& rungs, const std::vector<Problem>& problems) {
    return std::ranges::all_of(problems, &Problem::isWarning) &&
           std::ranges::none_of(rungs,
                                [](const Rung& rung) { return rung.state == RungState::Fails; });
}

std::string diagnosisText(const std::vector<Rung>& rungs, const std::vector<Problem>& problems) {
    std::string text;
    for (const auto& rung : rungs) {
        auto name = plain(rung.name);
        name.resize(std::max<std::size_t>(name.size() + 1, 16), ' ');
        text += std::string(markOf(rung.state)) + name + plain(rung.evidence) + "\n";
        if (!rung.code.empty())
            text += "     " + rung.code + "\n     -> " + plain(rung.remedy) + "\n";
    }
    for (const auto& problem : problems)
        text += std::string(markOf(problem.isWarning ? RungState::Warns : RungState::Fails)) +
                plain(problem.subject) + "\n     " + plain(problem.code) + "\n     -> " +
                plain(problem.message) + "\n";
    return text;
}

json::Object diagnosisJson(const std::vector<Rung>& rungs, const std::vector<Problem>& problems) {
    json::Array list;
    for (const auto& rung : rungs) {
        json::Object one;
        one.set("name", rung.name)
            .set("state", stateName(rung.state))
            .set("evidence", rung.evidence);
        if (!rung.code.empty()) one.set("code", rung.code).set("remedy", rung.remedy);
        list.emplace_back(std::move(one));
    }
    json::Array wrong;
    for (const auto& problem : problems) {
        json::Object one;
        one.set("code", problem.code)
            .set("subject", problem.subject)
            .set("message", problem.message);
        if (problem.isWarning) one.set("warning", true);
        wrong.emplace_back(std::move(one));
    }
    return json::Object()
        .set("ok", allHolds(rungs, problems))
        .set("rungs", std::move(list))
        .set("problems", std::move(wrong));
}

}  // namespace pcg::appliance

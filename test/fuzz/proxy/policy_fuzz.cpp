// SPDX-License-Identifier: Apache-2.0
// A policy is read or it has an error; what is read can be asked, and reading is bounded. A typed
// request that can be read means the same when it is written and read again.
#include "common/base/assert.h"
#include "vcenter-proxy/policy/explain.h"
#include "vcenter-proxy/policy/owned_ask.h"
#include "vcenter-proxy/policy/read_policy.h"

#include <algorithm>

namespace pcg::policy {
namespace {

void checkRequest(std::string_view text) {
    const auto ask = OwnedAsk::parse(text);
    if (!ask) return;
    const auto view = ask->view();
    PCG_ASSERT(!view.toText().empty());
    const auto again = OwnedAsk::parse(OwnedAsk::of(view).toText());
    if (again) PCG_ASSERT(again->door == ask->door || ask->door != Door::Soap);
}

void checkPolicy(std::string_view text) {
    Vocabulary words;
    words.maas = {{"machines/{}/", "POST", "deploy release"}};
    words.rest = {"vcenter/vm"};
    words.zones = [](const std::string& name) -> Result<std::shared_ptr<const TimeZone>> {
        if (!isZoneName(name)) return fail(kBadZone, "no");
        return std::make_shared<const TimeZone>(TimeZone::utc());
    };
    const auto reading = readPolicy(text, words);
    PCG_ASSERT(reading.problems.size() <= kMaxProblems);
    const bool failed = std::any_of(reading.problems.begin(),
                                    reading.problems.end(),
                                    [](const Problem& problem) { return problem.isError(); });
    PCG_ASSERT(reading.ok() != failed);
    if (!reading.ok()) return;
    Arguments arguments;
    arguments.references = {{"folder", "Folder", "group-v3"}};
    const OwnsMachine owns = [](std::string_view) { return false; };
    for (const auto door : {Door::Soap, Door::Rest, Door::Maas, Door::Files}) {
        Ask ask;
        ask.door = door;
        ask.method = door == Door::Soap ? "CloneVM_Task" : "POST";
        ask.path = door == Door::Rest ? "/api/vcenter/vm" : "machines/a/";
        ask.op = door == Door::Maas ? "deploy" : "";
        ask.arguments = &arguments;
        const auto none = explain(reading.policy.get(),
                                  {},
                                  {"vc1", "ak_1", Builtin::Full},
                                  ask,
                                  [](Builtin) { return false; },
                                  {WallTime{}, &owns});
        // What the role full lacks, no file gives.
        PCG_ASSERT(!none.allowed);
    }
}

}  // namespace
}  // namespace pcg::policy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = pcg::asText({data, size});
    pcg::policy::checkPolicy(text);
    pcg::policy::checkRequest(text);
    const auto zone = pcg::policy::TimeZone::parse({data, size});
    for (const std::int64_t at : {0LL, 1'795'300'000'000LL, 4'000'000'000'000LL})
        if (zone) (void)zone->offsetAt(pcg::fromUnixMilliseconds(at));
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Both roles under any order of genuine, repeated and altered messages, time and decisions. Each
// octet of the input is one event. Whatever happens: no answer before the attempt was stored, never
// more than three runs per code, and nobody accepts unless a person (here: the fuzzer) said yes to
// a shown number.
#include "test/unit/pairing/pairing_run.h"

#include <cstdlib>

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg::pairing;
    test::PairingRun run;
    run.answerAttempts = false;
    run.makeResponder();
    bool saidYes = false;
    for (std::size_t i = 0; i < std::min<std::size_t>(size, 64); ++i) {
        const auto argument = static_cast<std::size_t>(data[i] >> 4);
        switch (data[i] & 15) {
            case 0:
                if (!run.commissioner) (void)run.claim();
                break;
            case 1:
                run.terms.claimId = run.random.array<16>();
                run.commissioner.reset();
                (void)run.claim(argument % 2 == 0 ? run.fixture.w : run.fixture.wrongW);
                break;
            case 2:
            case 3:
            case 4:
            case 5:
                if (!run.queue.empty()) {
                    auto [forGateway, envelope] = run.queue.front();
                    run.queue.pop_front();
                    if (argument == 1) envelope.raw[envelope.raw.size() / 2] ^= 1;
                    if (argument == 2) ++envelope.seq;
                    if (argument == 3) envelope.type = "fail";
                    if (argument != 4)
                        forGateway ? run.toGateway(envelope) : run.toTenant(envelope);
                }
                break;
            case 6:
                if (!run.log.empty()) run.toGateway(run.log[argument % run.log.size()]);
                break;
            case 7:
                if (!run.log.empty()) run.toTenant(run.log[argument % run.log.size()]);
                break;
            case 8:
            case 9:
                run.take(run.responder->attemptPersisted());
                break;
            case 10:
                saidYes = saidYes || (argument % 2 == 0 && run.shown);
                run.take(run.responder->decide(argument % 2 == 0));
                break;
            case 11:
                if (run.commissioner) run.take(run.commissioner->decide(argument % 2 == 0));
                break;
            case 12:
                run.clock.advance(std::chrono::seconds(argument * 30));
                break;
            case 13:
                run.take(run.responder->tick());
                break;
            case 14:
                if (run.commissioner) run.take(run.commissioner->tick());
                break;
            default:
                run.toGateway({run.terms.claimId, 0, "cancel", Failure{"cancelled", 0}.write()});
                break;
        }
        require(run.persisted <= kAttemptsPerCode);
        require(!run.accepted || saidYes);
        require(!run.approved || run.compared);
    }
    return 0;
}

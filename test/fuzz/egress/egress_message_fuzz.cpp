// SPDX-License-Identifier: Apache-2.0
// What a gateway that was taken over may say to the process that makes connections, and rules as an
// admin may type them: a question that is read is written and read the same, and no rule opens what
// is never reached.
#include "common/base/assert.h"
#include "gateway/egress/egress_rules.h"
#include "gateway/egress/message.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg::egress;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto line = text.substr(0, text.find('\n'));
    if (const auto question = parseQuestion(line)) {
        auto again = write(*question);
        PCG_ASSERT(again.size() <= kMaxQuestion);
        again.pop_back();
        PCG_ASSERT(*parseQuestion(again) == *question);
        static const auto kRules = *EgressRules::parse("pair.example.com:443", "10.0.0.0/8");
        const auto judged = kRules.judge(question->target);
        PCG_ASSERT(judged != EgressRules::Name::Anywhere || question->target.port == 443);
    }
    (void)parseAnswer(line);
    const auto rest = line.size() < text.size() ? text.substr(line.size() + 1) : line;
    if (const auto rules = EgressRules::parse(line, rest))
        PCG_ASSERT(!rules->allows(pcg::net::asio::ip::make_address("169.254.169.254"), 80));
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// First line: the target. Second: the Content-Type. The rest: the body. What is passed on holds
// nothing of OAuth's, and reads as what was judged.
#include "common/base/assert.h"
#include "vcenter-proxy/endpoint/maas/authorize.h"
#include "vcenter-proxy/endpoint/maas/rules.h"

namespace {

using namespace pcg;

std::string_view takeLine(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

void checkPassedOn(const oauth::Parameters& parameters) {
    for (const auto& one : parameters) PCG_ASSERT(!oauth::isOAuthName(one.name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg::proxy::maas;
    auto text = asText({data, size});
    pcg::http::RequestHead head;
    head.method = "POST";
    head.target = takeLine(text);
    const std::string type(takeLine(text));
    const auto target = Target::parse(head);
    const auto form = Form::parse(type.empty() ? nullptr : &type, text);
    if (!target) return 0;
    const auto forwarded = target->forwarded();
    head.target = forwarded;
    const auto again = Target::parse(head);
    PCG_ASSERT(again && again->path == target->path && again->suffix == target->suffix);
    checkPassedOn(again->parameters);
    (void)describedFor(text, "gw");
    if (!form) return 0;
    const auto passed = Form::parse(type.empty() ? nullptr : &type, form->forwarded);
    PCG_ASSERT(passed);
    checkPassedOn(passed->parameters);
    const auto op = operationOf(*target, *form);
    const auto opAgain = operationOf(*again, *passed);
    PCG_ASSERT(op.has_value() == opAgain.has_value());
    if (op) PCG_ASSERT(*op == *opAgain);
    const auto judged = judge(pcg::proxy::Role::Full, {"POST", target->below, op.value_or("")}, {});
    if (target->below == "account/") PCG_ASSERT(judged == Answer::Denied);
    return 0;
}

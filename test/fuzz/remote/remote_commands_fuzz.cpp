// SPDX-License-Identifier: Apache-2.0
// Bodies of requests to the gateway itself: read or refused with an input error; the member that a
// refusal names is one that could stand in a form.
#include "gateway/remote/remote_commands.h"
#include "gateway/upload/fetch_plan.h"
#include "gateway/upload/order.h"

#include <cstdlib>

namespace {

template <class T>
void mustBeClean(const pcg::Result<T>& read) {
    if (read) return;
    if (!read.error().isInput()) std::abort();
    const auto field = pcg::gateway::remote::fieldOf(read.error().message());
    if (field.size() > 64) std::abort();
}

// What a source answers: never more than was ordered, and only to where the list leads.
void answerFetch(std::string_view text) {
    using namespace pcg::gateway::upload;
    const auto list = SourceList::parse("https://images.example.com/public/");
    const auto source = SourceUrl::parse("https://images.example.com/public/a.iso?sig=1");
    if (!list || !source) std::abort();
    Part part;
    part.have = 100;
    part.total = 200;
    FetchPlan plan(*list, *source, 1000, part);
    const auto status = static_cast<std::uint8_t>(text.empty() ? 0 : text.front());
    pcg::http::ResponseHead head;
    head.status = 200 + status % 17 + (status & 0x80 ? 200 : 0) + (status & 0x40 ? 100 : 0);
    for (const auto* name : {"Content-Range", "Location", "ETag", "Retry-After"})
        head.headers.add(name, std::string(text));
    const auto next = plan.answered(head);
    if (!list->mayFetch(plan.url())) std::abort();
    if (next && *next == FetchPlan::Next::Body && plan.part().have > 100) std::abort();
    (void)plan.request();
    if (plan.pause() > FetchPlan::kLongestPause) std::abort();
}

// An order that was read is the same when it is read from the journal, and its source has one
// reading.
void readOrder(const pcg::codec::json::Object& body) {
    using namespace pcg::gateway::upload;
    mustBeClean(NewOrder::parse(body));
    const auto order = Order::parse(body);
    if (!order) return;
    const auto again = Order::parse(order->toJson());
    if (!again || again->source.text() != order->source.text()) std::abort();
    if (order->source.shown().find('?') != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    const auto text = asText({data, size});
    if (gateway::remote::actorOf(text).find('\n') != std::string::npos) std::abort();
    (void)gateway::remote::fieldOf(text);
    (void)gateway::upload::SourceList::parse(text);
    answerFetch(text);
    const auto body = codec::json::parseObject(text);
    if (!body) return 0;
    mustBeClean(gateway::remote::AddEndpoint::parse(*body));
    mustBeClean(gateway::remote::UpdateEndpoint::parse(*body));
    mustBeClean(gateway::remote::parseApproval(*body));
    mustBeClean(gateway::remote::MintKey::parse(*body));
    readOrder(*body);
    return 0;
}

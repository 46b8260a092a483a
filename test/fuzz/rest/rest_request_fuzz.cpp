// SPDX-License-Identifier: Apache-2.0
// What a client writes around the JSON: cursors, conditions, cookies, keys and names. What is taken
// is taken again as the same.
#include "common/codec/name_rule.h"
#include "controlplane-sim/rest/authenticator.h"
#include "controlplane-sim/rest/etag.h"
#include "controlplane-sim/rest/idempotency.h"
#include "controlplane-sim/rest/page.h"

#include <cstdlib>

namespace {

using namespace pcg;
using namespace pcg::controlplane;

void must(bool holds) {
    if (!holds) std::abort();
}

void cursors(const std::string& text) {
    const auto key = rest::readCursor(text, "gateways", 1);
    if (!key) return;
    const auto again = rest::readCursor(rest::writeCursor("gateways", *key), "gateways", 1);
    must(again && *again == *key);
    must(!rest::readCursor(text, "users", 1));
}

void headers(const std::string& text) {
    const http::HeaderList list{{"If-Match", text}, {"If-None-Match", text}, {"Cookie", text}};
    const auto condition = rest::IfMatch::parse(list);
    if (condition) must(condition->given());
    rest::clientHas(list, "\"a.b\"");
    const http::RequestHead head{"GET", "/" + text, list, {}};
    const auto session = Authenticator::sessionId(head);
    if (session) must(!session->empty() && text.find(*session) != std::string::npos);
    const auto key = rest::Idempotency::parse(text);
    if (key) must(*key == text && text.size() <= 128);
}

void names(const std::string& text) {
    const auto name = codec::parseName(text);
    if (name) must(name->size() <= codec::kMaxNameBytes && codec::parseName(*name) == *name);
    const auto login = codec::parseLoginName(text);
    if (login) must(codec::parseName(*login) == *login);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(asText({data, size}));
    cursors(text);
    headers(text);
    names(text);
    return 0;
}

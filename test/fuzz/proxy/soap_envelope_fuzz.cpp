// SPDX-License-Identifier: Apache-2.0
// An envelope means the same however it is cut into pieces; and what a Login of ours carries is
// what a parser reads out of it.
#include "common/base/assert.h"
#include "vcenter-proxy/endpoint/soap_text.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

// A verdict that can be compared; the message of an error may differ with the pieces.
struct Verdict {
    bool accepted = false;
    std::optional<SoapCall> call;
    std::optional<std::string> cookie;

    friend bool operator==(const Verdict&, const Verdict&) = default;
};

Verdict judge(BytesView bytes, std::size_t piece) {
    SoapEnvelope soap;
    Verdict verdict;
    verdict.accepted = true;
    for (std::size_t at = 0; at < bytes.size() && verdict.accepted; at += piece) {
        verdict.accepted =
            soap.feed(bytes.subspan(at, std::min(piece, bytes.size() - at))).has_value();
    }
    verdict.accepted = verdict.accepted && soap.finish().has_value();
    if (!verdict.accepted) return {};
    verdict.call = soap.call();
    verdict.cookie = soap.sessionCookie();
    PCG_ASSERT(verdict.call && !verdict.call->object.id.empty());
    return verdict;
}

void checkLogin(BytesView bytes) {
    const auto half = bytes.size() / 2;
    const auto username = asText(bytes.first(half));
    const auto password = asText(bytes.subspan(half));
    if (bytes.size() > SoapEnvelope::kArgumentLimit) return;
    const Credential credential{Secret::fromText(username), Secret::fromText(password), {}};
    const auto body = loginBody({"SessionManager", "SessionManager"}, credential, "en");
    if (!body) return;
    SoapEnvelope soap;
    PCG_ASSERT(soap.feed(body->reveal()).has_value());
    PCG_ASSERT(soap.finish().has_value());
    const auto login = soap.takeLogin();
    PCG_ASSERT(login && login->username == username && login->password.revealText() == password);
}

}  // namespace
}  // namespace pcg::proxy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const pcg::BytesView bytes(data, size);
    const auto whole = pcg::proxy::judge(bytes, std::max<std::size_t>(size, 1));
    PCG_ASSERT(whole == pcg::proxy::judge(bytes, 7));
    PCG_ASSERT(whole == pcg::proxy::judge(bytes, 1));
    pcg::proxy::checkLogin(bytes);
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/call.h"

#include "common/base/secret.h"
#include "common/codec/utf8.h"
#include "controlplane-sim/source_network.h"

namespace pcg::controlplane::rest {
namespace {

// The object is ours and not const; its interface only reads.
void wipeTexts(const codec::json::Object& object) {
    for (const auto& member : object.members()) {
        if (const auto* text = member.value.asString()) wipe(const_cast<std::string&>(*text));
        if (const auto* inner = member.value.asObject()) wipeTexts(*inner);
    }
}

}  // namespace

Call::~Call() {
    wipe(MutableBytes(raw_));
    wipeTexts(body_);
}

std::string Call::query(std::string_view name) const {
    return http::queryParameter(request().target, name);
}

Checked<std::string> Call::queryText(std::string_view name, std::size_t maxBytes) const {
    auto text = query(name);
    if (text.size() <= maxBytes && codec::isUtf8(text)) return text;
    return refuseField(name,
                       "\"" + std::string(name) + "\" takes at most " + std::to_string(maxBytes) +
                           " bytes of UTF-8 text.");
}

std::string Call::source() const { return sourceNetwork(exchange_.peer()); }

}  // namespace pcg::controlplane::rest

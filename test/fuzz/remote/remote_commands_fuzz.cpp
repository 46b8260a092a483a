// SPDX-License-Identifier: Apache-2.0
// Bodies of requests to the gateway itself: read or refused with an input error; the member that a
// refusal names is one that could stand in a form.
#include "gateway/remote/remote_commands.h"

#include <cstdlib>

namespace {

template <class T>
void mustBeClean(const pcg::Result<T>& read) {
    if (read) return;
    if (!read.error().isInput()) std::abort();
    const auto field = pcg::gateway::remote::fieldOf(read.error().message());
    if (field.size() > 64) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    const auto text = asText({data, size});
    if (gateway::remote::actorOf(text).find('\n') != std::string::npos) std::abort();
    (void)gateway::remote::fieldOf(text);
    const auto body = codec::json::parseObject(text);
    if (!body) return 0;
    mustBeClean(gateway::remote::AddEndpoint::parse(*body));
    mustBeClean(gateway::remote::UpdateEndpoint::parse(*body));
    mustBeClean(gateway::remote::parseApproval(*body));
    mustBeClean(gateway::remote::MintKey::parse(*body));
    return 0;
}

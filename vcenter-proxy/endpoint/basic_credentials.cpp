// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/basic_credentials.h"

#include "common/base/text.h"
#include "common/codec/base64.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

constexpr std::size_t kLimit = 1024;
constexpr std::string_view kScheme = "basic ";

}  // namespace

Result<BasicCredentials> basicCredentials(const http::HeaderList& headers, std::string_view field) {
    const auto* value = headers.find(field);
    if (value == nullptr || headers.count(field) != 1 || value->size() > kLimit ||
        toLowerAscii(std::string_view(*value).substr(0, kScheme.size())) != kScheme) {
        return fail(errc::kInvalidLogin,
                    "log in with Basic credentials: the access key's id and secret");
    }
    auto pair = codec::base64Decode(trimAscii(std::string_view(*value).substr(kScheme.size())));
    if (!pair) return fail(errc::kInvalidLogin, "the Basic credentials are not base64");
    const auto text = asText(*pair);
    const auto colon = std::min(text.find(':'), text.size());
    BasicCredentials credentials{std::string(text.substr(0, colon)),
                                 Secret::fromText(text.substr(std::min(colon + 1, text.size())))};
    wipe(*pair);
    return credentials;
}

}  // namespace pcg::proxy

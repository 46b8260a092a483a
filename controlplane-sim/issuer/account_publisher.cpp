// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/issuer/account_publisher.h"

#include "common/codec/json.h"
#include "controlplane-sim/issuer/errc.h"

namespace pcg::controlplane::issuer {

namespace json = codec::json;

Result<> readClaimsAnswer(BytesView answer) {
    const auto object = json::parseObject(asText(answer));
    if (!object) return fail(kNotTaken, "The broker's answer to an account update is not JSON.");
    if (const auto refused = object->optionalObject("error"); refused && *refused != nullptr) {
        const auto why = (*refused)->string("description", 4096);
        return fail(
            kNotTaken,
            "The broker refused an account update: " + (why ? *why : "no reason given") + ".");
    }
    const auto data = object->object("data");
    if (!data) return fail(kNotTaken, "The broker's answer to an account update says nothing.");
    const auto code = (*data)->integer("code");
    if (!code || *code != 200) return fail(kNotTaken, "The broker did not take an account update.");
    return {};
}

net::Task<Result<>> AccountPublisher::publish(std::string accountJwt) {
    std::string subject = "$SYS.REQ.CLAIMS.UPDATE";
    Bytes payload = toBytes(asBytes(accountJwt));
    auto answer = co_await system_.request(std::move(subject), std::move(payload), kTimeout);
    if (!answer) co_return fail(std::move(answer).error());
    co_return readClaimsAnswer(*answer);
}

}  // namespace pcg::controlplane::issuer

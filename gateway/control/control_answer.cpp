// SPDX-License-Identifier: Apache-2.0
#include "gateway/control/control_answer.h"

#include "common/base/secret.h"
#include "common/http/problem.h"
#include "gateway/enrollment/errc.h"
#include "gateway/errc.h"

namespace pcg::gateway {

namespace json = codec::json;

net::Task<void> answer(http::Exchange& exchange, int status, json::Object body) {
    http::ResponseHead head;
    head.status = status;
    head.headers.add("Content-Type", "application/json");
    head.headers.add("Cache-Control", "no-store");
    auto text = json::write(body);
    // A connection that broke is the client's to notice; there is nobody left to tell.
    [[maybe_unused]] auto sent =
        co_await http::respondWhole(exchange, std::move(head), asBytes(text));
    wipe(text);
}

net::Task<void> refuse(http::Exchange& exchange, Error error) {
    auto problem = http::problemOf(error);
    if (error.is(errc::kNoSuchEndpoint) || error.is(errc::kNoSuchKey)) problem.status = 404;
    const bool conflict = error.is(errc::kNameTaken) || error.is(errc::kNothingToConfirm) ||
                          error.is(kNotPaired) || error.is(errc::kOtherCertificate) ||
                          error.is(errc::kNotPaired) || error.is(errc::kChangedMeanwhile);
    if (conflict) problem.status = 409;
    [[maybe_unused]] auto sent = co_await http::respondProblem(exchange, std::move(problem));
}

net::Task<Result<json::Object>> readJson(http::Exchange& exchange, ByteCount limit) {
    PCG_CO_TRY(auto bytes, co_await http::readWholeBody(exchange, limit));
    auto body = json::parseObject(asText(bytes), limit);
    wipe(MutableBytes(bytes));
    co_return body;
}

}  // namespace pcg::gateway

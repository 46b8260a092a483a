// SPDX-License-Identifier: Apache-2.0
#include "scripted_maas.h"

#include "controlplane-sim/maas/errc.h"

#include <algorithm>

namespace pcg::controlplane::maas {
namespace {

constexpr std::string_view kBase = "/MAAS/api/2.0/";

}  // namespace

class ScriptedMaas::Scripted final : public http::Call {
  public:
    Scripted(ScriptedMaas& maas, http::RequestHead head) : maas_(maas), head_(std::move(head)) {}

    net::Task<Result<>> writeBody(BytesView bytes) override {
        body_ += asText(bytes);
        co_return Result<>{};
    }

    net::Task<Result<>> finishRequest() override { co_return Result<>{}; }

    net::Task<Result<http::ResponseHead>> readHead() override {
        Request request;
        const auto question = head_.target.find('?');
        const auto path = head_.target.substr(0, question);
        if (question != std::string::npos)
            request.query = *oauth::parseForm(head_.target.substr(question + 1));
        request.form = *oauth::parseForm(body_);
        request.authorization = *head_.headers.find("Authorization");
        request.name = head_.method + " " + path.substr(kBase.size());
        if (const auto op = request.field("op"); !op.empty()) request.name += " " + op;
        maas_.requests.push_back(request);
        auto& script = maas_.answers[request.name];
        if (script.empty()) co_return fail(kBadAnswer, "not scripted: " + request.name);
        answer_ = script.front();
        if (script.size() > 1) script.pop_front();
        if (answer_.status == 0) co_return fail(kUnknown, "the connection broke");
        http::ResponseHead head;
        head.status = answer_.status;
        if (!answer_.outcome.empty()) head.headers.add("Pcg-Outcome", answer_.outcome);
        co_return head;
    }

    // In small pieces, as a network has them.
    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        const auto count = std::min({buffer.size(), answer_.body.size(), std::size_t{7}});
        std::copy_n(answer_.body.begin(), count, buffer.begin());
        answer_.body.erase(0, count);
        co_return count;
    }

    void cancel() override {}

    http::Outcome outcome() const override { return http::Outcome::Unknown; }

  private:
    ScriptedMaas& maas_;
    http::RequestHead head_;
    std::string body_;
    Answer answer_;
};

std::vector<Request> ScriptedMaas::sent(const std::string& name) const {
    std::vector<Request> found;
    std::copy_if(requests.begin(), requests.end(), std::back_inserter(found), [&](const auto& one) {
        return one.name == name;
    });
    return found;
}

net::Task<Result<std::unique_ptr<http::Call>>> ScriptedMaas::start(http::RequestHead head) {
    if (!reachable) co_return fail(kUnknown, "no link");
    std::unique_ptr<http::Call> call = std::make_unique<Scripted>(*this, std::move(head));
    co_return call;
}

std::string machineText(const std::string& id, const std::string& status, const std::string& more) {
    return R"({"system_id":")" + id + R"(","hostname":"node-)" + id + R"(","status_name":")" +
           status + R"(")" + (more.empty() ? "" : "," + more) + "}";
}

}  // namespace pcg::controlplane::maas

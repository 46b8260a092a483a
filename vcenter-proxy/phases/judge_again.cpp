// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/judge_again.h"

#include <utility>

namespace pcg::proxy {
namespace {

// Of what runs nobody learns: it was observed when it came.
class UnobservedPolicy final : public PolicySource {
  public:
    explicit UnobservedPolicy(PolicySource& source) : source_(source) {}

    std::shared_ptr<const EndpointPolicy> policyFor(const wire::EndpointId& endpoint) override {
        return source_.policyFor(endpoint);
    }

  private:
    PolicySource& source_;
};

}  // namespace

void judgeAgainBy(RequestContext& context, Question question) {
    context.client.setJudgement([&client = context.client,
                                 &services = context.services,
                                 endpoint = context.endpoint,
                                 question = std::move(question)] {
        UnobservedPolicy source(services.policy);
        client.timeLimit().reset();
        const Circumstances circumstances{
            endpoint->config.name, services.clock.wallNow(), nullptr, &client.timeLimit()};
        return question({source, circumstances, services.clock});
    });
}

std::shared_ptr<JudgedCall> judgeCallAgain(RequestContext& context,
                                           const AuthorizedRequest& request,
                                           const policy::Arguments* arguments) {
    auto judged = std::make_shared<JudgedCall>(
        JudgedCall{request.target(), *request.call(), request.session()->shared(), std::nullopt});
    if (arguments != nullptr) judged->arguments = *arguments;
    judgeAgainBy(context,
                 [judged, endpoint = context.endpoint, machines = context.services.machines](
                     const JudgedNow& now) -> Result<> {
                     const auto owns = ownsMachine(machines, *endpoint, judged->session->principal);
                     auto circumstances = now.circumstances;
                     circumstances.owns = &owns;
                     const auto* known = judged->arguments ? &*judged->arguments : nullptr;
                     PCG_TRY(Policy(now.source)
                                 .authorizeCall(judged->target,
                                                judged->call,
                                                now.use(judged->session),
                                                circumstances,
                                                known));
                     return {};
                 });
    return judged;
}

void judgeRestAgain(RequestContext& context, const AuthorizedRequest& request) {
    judgeAgainBy(
        context,
        [target = request.target(),
         session = request.session()->shared()](const JudgedNow& now) -> Result<> {
            PCG_TRY(Policy(now.source).authorizeRest(target, now.use(session), now.circumstances));
            return {};
        });
}

void judgeFileAgain(RequestContext& context, const AuthorizedRequest& request, FileDoor door) {
    if (!request.session()) return;  // open to all
    judgeAgainBy(context,
                 [door,
                  target = request.target(),
                  method = context.client.request().method,
                  session = request.session()->shared()](const JudgedNow& now) -> Result<> {
                     const Policy policy(now.source);
                     PCG_TRY((policy.*door)(target, method, now.use(session), now.circumstances));
                     return {};
                 });
}

}  // namespace pcg::proxy

// SPDX-License-Identifier: Apache-2.0
// What a request was let through with, kept so that the same question can be asked while it runs.
//
// Each is called in the same step as the decision, with nothing awaited in between
// (ClientSide::setJudgement). The windows that bind the request are those of the last answer.
// Nothing is observed. Loop thread.
#pragma once

#include "vcenter-proxy/policy.h"
#include "vcenter-proxy/request_context.h"

#include <functional>
#include <memory>
#include <optional>

namespace pcg::proxy {

// What counts at the moment of the question.
struct JudgedNow {
    PolicySource& source;
    Circumstances circumstances;
    const Clock& clock;

    SessionUse use(const std::shared_ptr<Session>& session) const { return {session, clock}; }
};

// Holds by value whatever it asks about.
using Question = std::function<Result<>(const JudgedNow&)>;

void judgeAgainBy(RequestContext& context, Question question);

// A call in a session, as it was judged; of a long one without arguments, until they are read.
struct JudgedCall {
    RequestTarget target;
    SoapCall call;
    std::shared_ptr<Session> session;
    std::optional<policy::Arguments> arguments;
};

std::shared_ptr<JudgedCall> judgeCallAgain(RequestContext& context,
                                           const AuthorizedRequest& request,
                                           const policy::Arguments* arguments);

void judgeRestAgain(RequestContext& context, const AuthorizedRequest& request);

// Policy::authorizeFile and those like it.
using FileDoor = Result<AuthorizedRequest> (Policy::*)(RequestTarget,
                                                       std::string_view,
                                                       std::optional<SessionUse>,
                                                       const Circumstances&) const;

void judgeFileAgain(RequestContext& context, const AuthorizedRequest& request, FileDoor door);

}  // namespace pcg::proxy

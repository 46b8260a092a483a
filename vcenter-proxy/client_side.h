// SPDX-License-Identifier: Apache-2.0
// The client's half of one request: the exchange, with everything written to the audit record that
// happens on it, and with the upstream call that must end when the client goes away.
//
// Loop thread. Lives as long as the request; the upstream call that is watched must be forgotten
// (watch(nullptr)) before it is destroyed.
#pragma once

#include "common/http/client.h"
#include "common/http/exchange.h"
#include "vcenter-proxy/audit_sink.h"
#include "vcenter-proxy/endpoint/soap_text.h"
#include "vcenter-proxy/policy/decide.h"
#include "vcenter-proxy/principal.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pcg::proxy {

class ClientSide {
  public:
    ClientSide(http::Exchange& exchange, AuditRecord& audit);
    ~ClientSide();
    ClientSide(const ClientSide&) = delete;
    ClientSide& operator=(const ClientSide&) = delete;

    const http::RequestHead& request() const { return exchange_.request(); }

    // What the client calls us; for Location.
    std::string host() const;

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer);
    net::Task<Result<>> respond(http::ResponseHead head);
    net::Task<Result<>> writeBody(BytesView bytes);
    net::Task<Result<>> finish();
    void abort(const Error& why);

    // Breaks off both sides, visibly, whatever they are at: the admin decided so.
    void cut(const Error& why);

    // Whether the request only looks at something; such requests outlive a switch to read-only.
    void setReading(bool reading) { reading_ = reading; }

    bool isReading() const { return reading_; }

    // Until when the policy lets it go on; nothing: whatever the time.
    std::optional<policy::TimeLimit>& timeLimit() { return time_limit_; }

    const std::optional<policy::TimeLimit>& timeLimit() const { return time_limit_; }

    // Whose request it is, once that is proven: it ends with the key, wherever it runs.
    void setKey(const Principal& who);

    bool isOf(const wire::AccessKeyId& key) const { return key_ == key; }

    bool hasExpired(WallTime now) const { return key_ends_ && *key_ends_ <= now; }

    // How to ask the policy once more whether it lets the request through. To be given in the same
    // step as the decision, with nothing awaited in between: a policy that changes later finds it.
    void setJudgement(std::function<Result<>()> judgement) { judgement_ = std::move(judgement); }

    // By what counts now; good if nobody decided about the request.
    Result<> judgeAgain() const { return judgement_ ? judgement_() : Result<>(); }

    // The first octets of the endpoint's answer are kept, for the audit.
    void keepAnswer() { keeps_answer_ = true; }

    const std::string& answerKept() const { return kept_; }

    // The client went away; whatever is asked on its behalf should stop.
    bool gone() const { return state_->gone; }

    void watch(http::Call* call);

    // Answers of our own. `outcome` is what the client may conclude about the endpoint's side; the
    // audit record gets `why`.
    net::Task<void> answerFault(int status, Fault fault, Error why, http::Outcome outcome);
    net::Task<void> answerProblem(int status, Error why, http::Outcome outcome);

    // The same for whoever asks a proxy: such clients show the status line and nothing else, so the
    // cause is said there, too. `more` goes into the head.
    net::Task<void> answerAsProxy(int status,
                                  Error why,
                                  http::Outcome outcome,
                                  http::HeaderList more = {});

    // application/json, for clients of a REST interface.
    net::Task<void> answerJson(int status, std::string body, Error why, http::Outcome outcome);

    // text/plain, for clients that compare an error's text (MAAS); `more` goes into the head.
    net::Task<void> answerText(
        int status, std::string body, Error why, http::Outcome outcome, http::HeaderList more = {});

  private:
    net::Task<void> answer(http::ResponseHead head,
                           std::string body,
                           const Error& why,
                           http::Outcome outcome);

    void vouch(http::HeaderList& headers) const;

    struct State {
        http::Call* call = nullptr;
        bool gone = false;
        bool cut = false;
    };

    static constexpr std::size_t kKeptOctets = 4096;

    http::Exchange& exchange_;
    AuditRecord& audit_;
    std::string refusal_;  // the code of why, once it is refused
    bool reading_ = false;
    bool keeps_answer_ = false;
    std::string kept_;
    std::optional<policy::TimeLimit> time_limit_;
    std::optional<wire::AccessKeyId> key_;
    std::optional<WallTime> key_ends_;
    std::function<Result<>()> judgement_;
    std::shared_ptr<State> state_;  // shared with the exchange's callback
};

}  // namespace pcg::proxy

// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/pair_command.h"

#include "common/crypto/x509.h"
#include "pairing/errc.h"

#include <algorithm>

namespace pcg::controlplane::cli {
namespace {

using namespace std::chrono_literals;

// Polls that fail one after the other until the command gives up: about a minute.
constexpr int kLostPolls = 20;

}  // namespace

net::Task<bool> PairCommand::run() {
    const auto begun = co_await begin();
    if (!begun) {
        output_.failed(begun.error());
        co_return false;
    }
    session_ = std::make_shared<Session>(co_await net::asio::this_coro::executor);
    enqueue(role_->start());
    net::asio::co_spawn(
        co_await net::asio::this_coro::executor, poll(session_), net::asio::detached);
    const auto result = co_await converse();
    session_->over = true;
    if (!result) {
        output_.failed(result.error());
        co_await api_.withdraw(claimId_);
        co_return false;
    }
    co_return *result;
}

net::Task<Result<>> PairCommand::begin() {
    PCG_CO_TRY(const auto me, co_await api_.me());
    pairing::ClaimRequest request;
    request.nameplate = facts_.code.nameplate();
    request.gatewayLabel = facts_.label;
    auto key = pairing::toText(random_.array<16>());
    PCG_CO_TRY(const auto reply, co_await api_.claim(std::move(request), std::move(key)));
    claimId_ = reply.claimId;
    output_.progress("The gateway is there; proving the code to each other.", "claimed");
    const auto prepared = prepare(reply, me.tenantId);
    if (!prepared) {
        co_await api_.withdraw(claimId_);
        co_return fail(prepared.error());
    }
    co_return Result<>();
}

Result<> PairCommand::prepare(const pairing::ClaimReply& reply, const std::string& tenantId) {
    pairing::ClaimExpectation expectation{facts_.code.nameplate(), tenantId, std::nullopt};
    const auto root = PCG_TRY(crypto::Certificate::fromDer(reply.controlPlaneRootDer));
    const auto named = root.spkiSha256();
    const bool known = std::find(facts_.trustedRoots.begin(), facts_.trustedRoots.end(), named) !=
                       facts_.trustedRoots.end();
    expectation.trustedRootSpkiSha256 = known ? named : pairing::Hash{};
    auto checked = PCG_TRY(pairing::checkClaim(reply, expectation));
    // A program of one purpose, at its start: it may think for a moment here.
    const auto w = PCG_TRY(pairing::passwordScalar(facts_.code, reply.sid));
    role_.emplace(std::move(checked), facts_.enrollUrl, w, clock_, random_);
    return {};
}

void PairCommand::enqueue(pairing::CommissionerSteps steps) {
    for (auto& item : steps) session_->steps.push_back(std::move(item));
    session_->wake.cancel();
}

void PairCommand::answer(bool same) {
    if (session_ && !session_->over) enqueue(role_->decide(same));
}

net::Task<Result<bool>> PairCommand::converse() {
    for (;;) {
        while (!session_->steps.empty()) {
            auto item = std::move(session_->steps.front());
            session_->steps.pop_front();
            PCG_CO_TRY(const auto end, co_await perform(item));
            if (end) co_return *end;
        }
        session_->wake.expires_at(role_->deadline());
        co_await session_->wake.async_wait(net::kAwaitTuple);
        enqueue(role_->tick());
    }
}

net::Task<Result<std::optional<bool>>> PairCommand::perform(pairing::CommissionerStep& item) {
    namespace step = pairing::step;
    if (auto* send = std::get_if<step::Send>(&item)) {
        const bool isLastWord = send->envelope.type == "fail";
        const auto sent = co_await api_.send(claimId_, std::move(send->envelope));
        // What ends the run matters more to the person than a message that nobody takes any more.
        if (!sent && !isLastWord) co_return fail(sent.error());
    } else if (auto* compare = std::get_if<step::Compare>(&item)) {
        output_.ask(compare->comparison);
    } else if (auto* approve = std::get_if<step::Approve>(&item)) {
        PCG_CO_CHECK(co_await api_.approve(claimId_, approve->approval));
        output_.progress("Waiting for the gateway's console and for the gateway to come online.",
                         "approved");
    } else if (auto* progress = std::get_if<step::Progress>(&item)) {
        const bool accepted = progress->state == "gateway_accepted";
        output_.progress(
            accepted ? "The gateway's console accepted." : "The gateway's papers are issued.",
            progress->state);
    } else if (auto* paired = std::get_if<step::Paired>(&item)) {
        output_.paired(paired->gatewayId);
        co_return std::optional<bool>(true);
    } else if (auto* failed = std::get_if<step::Failed>(&item)) {
        output_.failed(failed->why);
        if (failed->withdraw) co_await api_.withdraw(claimId_);
        co_return std::optional<bool>(false);
    }
    co_return std::optional<bool>();
}

net::Task<void> PairCommand::poll(std::shared_ptr<Session> session) {
    const auto executor = co_await net::asio::this_coro::executor;
    std::int64_t after = 0;
    int lost = 0;
    while (!session->over) {
        auto list = co_await api_.events(claimId_, after);
        if (session->over) co_return;
        if (!list) {
            if (list.error().isInput() || ++lost > kLostPolls) {
                pairing::CommissionerSteps end;
                end.emplace_back(pairing::step::Failed{list.error(), false});
                enqueue(std::move(end));
                co_return;
            }
            net::Timer pause(executor, 3s);
            co_await pause.async_wait(net::kAwaitTuple);
            continue;
        }
        lost = 0;
        for (const auto& event : list->events) {
            after = std::max(after, event.number);
            enqueue(role_->receive(event.envelope));
        }
    }
}

}  // namespace pcg::controlplane::cli

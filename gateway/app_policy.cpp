// SPDX-License-Identifier: Apache-2.0
// The data center's own policy in the daemon: made, loaded, and asked by what serves.
#include "common/http/problem.h"
#include "gateway/app.h"
#include "vcenter-proxy/errc.h"

namespace pcg::gateway {
namespace {

constexpr log::Logger kLog("gateway");

}  // namespace

void App::makePolicy() {
    policy_ = std::make_unique<PolicyKeeper>(PolicyKeeper::Parts{
        .loop = loop_,
        .state = *state_,
        .audit = *audit_,
        .warnings = warnings_,
        .clock = clock_,
        .cut =
            [this](proxy::EndpointService::Cut what, const Error& why) {
                service_->cutRunning(what, why);
                uploads_->cut(why);
                const bool all = what == proxy::EndpointService::Cut::Everything;
                if (all && remote_) remote_->cut(why);
            },
        .judgeRunning = [this] { service_->judgeRunning(); }});
    machines_ = std::make_unique<proxy::MachineWatch>(
        loop_, clock_, [this](proxy::OwnMachineRecord record) {
            return rememberMachine(std::move(record));
        });
}

net::Task<void> App::rememberMachine(proxy::OwnMachineRecord record) {
    OwnMachine machine{record.endpoint, record.authority, record.key, record.machine};
    auto work = [machine = std::move(machine)](Storage storage) {
        return storeOwnMachine(storage, machine);
    };
    const auto stored = co_await state_->run(std::move(work));
    if (!stored) kLog.failure(log::Level::Error, "policy.machine_not_kept", stored.error());
}

// Before anything is served.
net::Task<Result<>> App::loadPolicy() {
    PCG_CO_CHECK(co_await policy_->load());
    auto work = [](Storage storage) { return loadOwnMachines(storage); };
    PCG_CO_TRY(auto stored, co_await state_->run(std::move(work)));
    std::vector<proxy::OwnMachineRecord> records;
    records.reserve(stored.size());
    for (auto& one : stored) {
        records.push_back({std::move(one.endpoint),
                           std::move(one.authority),
                           std::move(one.key),
                           std::move(one.machine)});
    }
    machines_->restore(std::move(records));
    co_return Result<>();
}

// What the tenant orders and administers here is access, too. An order whose body comes during a
// pause is kept, and waits until it is over.
net::Task<void> App::serveRemote(http::Exchange& exchange) {
    if (!exchange.request().path().starts_with(upload::UploadApi::kPath))
        co_return co_await remote_->serve(exchange);
    if (!policy_->isPaused()) co_return co_await uploadApi_->serve(exchange);
    http::Problem problem;
    problem.status = 503;
    problem.code = std::string(proxy::errc::kPaused.name());
    problem.detail =
        "the data center's admin paused all access through this gateway; try again later";
    co_await http::respondProblem(exchange, std::move(problem));
}

}  // namespace pcg::gateway

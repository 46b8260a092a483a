// SPDX-License-Identifier: Apache-2.0
// What a tenant may take of the ingress: requests and bytes a second, streams at once.
//
// The figures bind while another tenant uses the ingress too (in the last five seconds); a tenant
// that is alone has all of it. A request beyond the rate waits for its turn, up to a second, and is
// refused after that; bytes are never refused but carried more slowly. A refusal is held back for a
// moment, so that a client that asks again at once costs little. Loop thread.
#pragma once

#include "common/base/clock.h"
#include "common/net/asio.h"
#include "common/wire/ids.h"

#include <map>
#include <memory>

namespace pcg::controlplane {

// No more of this tenant's calls for now: 429.
inline constexpr ErrorCode kOverBudget{ErrorClass::Weather, "ingress.over_budget"};

struct BudgetLimits {
    std::uint32_t requestsPerSecond = 250;
    ByteCount bytesPerSecond = 64_MiB;  // both directions together
    std::size_t streams = 1024;         // always, also alone
    std::size_t waiting = 256;          // for their turn
    std::chrono::milliseconds longestWait{1000};
    std::chrono::milliseconds refusalDelay{200};
};

// A rate with some slack, without a timer: when the next of its kind would be due.
class Pace {
  public:
    // How long to wait before `amount` may go, which is booked.
    std::chrono::nanoseconds book(SteadyTime now, double amount, double perSecond, double burst);
    // The same, not booked.
    std::chrono::nanoseconds ahead(SteadyTime now, double perSecond, double burst) const;

  private:
    SteadyTime due_{};
};

class Budgets;

class TenantBudget : public std::enable_shared_from_this<TenantBudget> {
  public:
    TenantBudget(net::Loop& loop, const Budgets& all) : loop_(loop), all_(all) {}

    // A stream that is open, or would be; over when it goes.
    class Stream {
      public:
        explicit Stream(std::shared_ptr<TenantBudget> budget) : budget_(std::move(budget)) {
            ++budget_->streams_;
        }

        ~Stream() { --budget_->streams_; }

        Stream(const Stream&) = delete;
        Stream& operator=(const Stream&) = delete;

        // Completes when bytes that were carried may be followed by more.
        net::Task<void> carried(std::size_t bytes);

      private:
        std::shared_ptr<TenantBudget> budget_;
    };

    // Waits for the turn of one request; ingress.over_budget.
    net::Task<Result<std::unique_ptr<Stream>>> enter();

    std::size_t streams() const { return streams_; }

  private:
    friend class Budgets;

    net::Task<Error> refusal(std::string why);

    net::Loop& loop_;
    const Budgets& all_;
    Pace requests_;
    Pace bytes_;
    SteadyTime lastUse_{};
    std::size_t streams_ = 0;
    std::size_t waiting_ = 0;
    std::size_t refused_ = 0;
};

// Outlives its budgets' users. One for each process.
class Budgets {
  public:
    Budgets(net::Loop& loop, const Clock& clock, BudgetLimits limits)
        : loop_(loop), clock_(clock), limits_(limits) {}

    std::shared_ptr<TenantBudget> of(const wire::TenantId& tenant);

    void forget(const wire::TenantId& tenant) { tenants_.erase(tenant); }

    const BudgetLimits& limits() const { return limits_; }

    SteadyTime now() const { return clock_.now(); }

    // Whether somebody other than `one` used the ingress a moment ago.
    bool isShared(const TenantBudget& one) const;

    static constexpr std::chrono::seconds kRecently{5};

  private:
    net::Loop& loop_;
    const Clock& clock_;
    BudgetLimits limits_;
    std::map<wire::TenantId, std::shared_ptr<TenantBudget>> tenants_;
};

}  // namespace pcg::controlplane

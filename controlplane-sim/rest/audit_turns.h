// SPDX-License-Identifier: Apache-2.0
// One job at a time of each tenant that reads its audit: such jobs are long, and the storage thread
// is everybody's. Those of a tenant wait for each other, up to a bound; nobody waits for another
// tenant's line. Loop thread.
#pragma once

#include "common/http/signal.h"
#include "common/wire/ids.h"
#include "controlplane-sim/rest/refusal.h"

#include <map>
#include <memory>

namespace pcg::controlplane::rest {

class AuditTurns {
  private:
    struct Line {
        explicit Line(net::Executor executor) : freed(std::move(executor)) {}

        bool isBusy = false;
        std::size_t waiting = 0;
        http::Signal freed;
    };

  public:
    // Its turn lasts as long as this does.
    class Turn {
      public:
        explicit Turn(std::shared_ptr<Line> line) : line_(std::move(line)) { line_->isBusy = true; }

        Turn(Turn&&) = default;
        Turn& operator=(Turn&&) = delete;

        ~Turn() {
            if (!line_) return;
            line_->isBusy = false;
            line_->freed.notify();
        }

      private:
        std::shared_ptr<Line> line_;
    };

    // How many of a tenant may wait; with 0 a second one is refused at once.
    explicit AuditTurns(std::size_t waiting) : waiting_(waiting) {}

    // api.audit_busy (429) when too many wait.
    net::Task<Checked<Turn>> take(wire::TenantId tenant);

  private:
    std::size_t waiting_;
    std::map<wire::TenantId, std::weak_ptr<Line>> lines_;
};

}  // namespace pcg::controlplane::rest

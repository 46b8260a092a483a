// SPDX-License-Identifier: Apache-2.0
// The enrolment's one document, sealed in the gateway's database under the machine's own scope: it
// is older than any tenant, and outlives each.
#pragma once

#include "gateway/enrollment/enrollment_store.h"
#include "gateway/state/state_store.h"

namespace pcg::gateway {

class StoredEnrollment final : public EnrollmentStore {
  public:
    explicit StoredEnrollment(StateStore& state) : state_(state) {}

    net::Task<Result<std::optional<Secret>>> load() override;
    net::Task<Result<>> save(Secret document) override;

  private:
    StateStore& state_;
};

}  // namespace pcg::gateway

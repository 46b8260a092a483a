// SPDX-License-Identifier: Apache-2.0
// A state directory of its own for tests of the repositories.
#pragma once

#include "gateway/state/state_store.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

namespace pcg::gateway {

class StateFixture : public testing::Test {
  protected:
    StateFixture() { reopen(); }

    // Before the test's loop goes: work that was accepted posts its answer there.
    void TearDown() override {
        if (state_) state_->close();
    }

    void reopen() {
        state_.reset();
        auto opened = StateStore::open(dir_ / "state", "machine", random_, clock_);
        ASSERT_TRUE(opened) << opened.error().message();
        state_ = std::move(*opened);
    }

    Storage storage() { return state_->blocking(); }

    test::TempDir dir_;
    test::SeededRandom random_;
    test::FakeClock clock_;
    std::unique_ptr<StateStore> state_;
};

}  // namespace pcg::gateway

// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/stored_enrollment.h"

#include "state_fixture.h"

namespace pcg::gateway {
namespace {

class StoredEnrollmentTest : public StateFixture {
  protected:
    template <class T>
    T await(net::Task<T> task) {
        std::optional<T> result;
        net::Loop loop;
        net::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr, T value) {
            result.emplace(std::move(value));
        });
        loop.run();
        return std::move(*result);
    }

    std::string loaded() {
        StoredEnrollment store(*state_);
        const auto document = await(store.load());
        if (!document) return std::string(document.error().code().name());
        return *document ? std::string((*document)->revealText()) : "nothing";
    }

    bool save(std::string_view document) {
        StoredEnrollment store(*state_);
        return await(store.save(Secret::fromText(document))).has_value();
    }
};

TEST_F(StoredEnrollmentTest, HoldsNothingOnAFirstBootAndThenTheLastDocument) {
    EXPECT_EQ(loaded(), "nothing");
    EXPECT_TRUE(save("one"));
    EXPECT_TRUE(save("two"));
    EXPECT_EQ(loaded(), "two");

    reopen();

    EXPECT_EQ(loaded(), "two");
}

TEST_F(StoredEnrollmentTest, IsSealedOnTheDisk) {
    ASSERT_TRUE(save("canary-nkey-seed-SUAXYZ"));

    for (const auto& entry : std::filesystem::directory_iterator(dir_ / "state")) {
        EXPECT_EQ(test::readFile(entry.path()).find("canary-nkey"), std::string::npos)
            << entry.path();
    }
}

TEST_F(StoredEnrollmentTest, SurvivesTheEndOfATenantsKeys) {
    ASSERT_TRUE(save("papers"));
    const store::Scope tenant{"tn_a", 1};
    ASSERT_TRUE(storage().envelope.prepare(tenant, store::KeyClass::Credentials));

    ASSERT_TRUE(storage().envelope.destroy(tenant));

    EXPECT_EQ(loaded(), "papers");
}

}  // namespace
}  // namespace pcg::gateway

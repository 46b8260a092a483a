// SPDX-License-Identifier: Apache-2.0
// A tenant's uploads: whose they are, what a gateway may say of them, what is on the disk.
#include "controlplane-sim/tenancy/uploads.h"

#include "controlplane-sim/presence/messages.h"
#include "controlplane-sim/tenancy/errc.h"
#include "test/unit/tenantdata/fixture.h"

#include <gtest/gtest.h>

namespace pcg::controlplane::tenantdata {
namespace {

using wire::UploadState;

class UploadsTest : public TenantData {
  protected:
    UploadsTest()
        : ours_(tenant("acme")), theirs_(tenant("other")), gateway_(gateway(ours_, "dc1")) {}

    Uploads uploads() { return Uploads(*database_); }

    Upload ordered(WallTime at = kNow) {
        Upload upload{.id = wire::newId<wire::UploadId>(random_),
                      .gateway = gateway_,
                      .endpoint = wire::newId<wire::EndpointId>(random_),
                      .ordered = R"({"source":"https://images.example/canary"})",
                      .total = std::nullopt,
                      .code = {},
                      .why = {},
                      .createdAt = at,
                      .changedAt = at};
        EXPECT_TRUE(uploads().add(ours_, upload));
        return upload;
    }

    static UploadReport said(const wire::UploadId& id, UploadState state, std::uint64_t octets) {
        UploadReport report{.id = id, .total = 100, .code = {}, .why = {}};
        report.state = state;
        report.fetched = octets;
        return report;
    }

    TenantScope ours_;
    TenantScope theirs_;
    wire::GatewayId gateway_;
};

TEST_F(UploadsTest, BelongToOneTenantAndAreSealed) {
    const auto upload = ordered();
    EXPECT_TRUE(*uploads().find(ours_, upload.id));
    EXPECT_FALSE(*uploads().find(theirs_, upload.id));
    EXPECT_TRUE(uploads().list(theirs_, std::nullopt, 10)->empty());
    ASSERT_TRUE(uploads().remove(theirs_, upload.id));
    EXPECT_EQ((*uploads().find(ours_, upload.id))->ordered, upload.ordered);
    EXPECT_FALSE(isOnDisk("canary"));
}

TEST_F(UploadsTest, AGatewaySpeaksOfItsOwnOnesOnly) {
    const auto upload = ordered();
    const auto other = gateway(ours_, "dc2");
    EXPECT_TRUE(uploads()
                    .report(ours_, other, {said(upload.id, UploadState::Done, 1)}, true, kNow)
                    ->empty());
    EXPECT_TRUE(uploads()
                    .report(theirs_, gateway_, {said(upload.id, UploadState::Done, 1)}, true, kNow)
                    ->empty());
    const auto changed =
        uploads().report(ours_, gateway_, {said(upload.id, UploadState::Fetching, 7)}, false, kNow);
    ASSERT_EQ(changed->size(), 1U);
    EXPECT_EQ((*uploads().find(ours_, upload.id))->fetched, 7U);
    EXPECT_TRUE(
        uploads()
            .report(ours_, gateway_, {said(upload.id, UploadState::Fetching, 7)}, false, kNow)
            ->empty())
        << "no news";
}

TEST_F(UploadsTest, WhatIsOverStaysOver) {
    const auto upload = ordered();
    ASSERT_TRUE(
        uploads().report(ours_, gateway_, {said(upload.id, UploadState::Done, 9)}, false, kNow));
    EXPECT_TRUE(
        uploads()
            .report(ours_, gateway_, {said(upload.id, UploadState::Fetching, 1)}, true, kNow)
            ->empty());
    EXPECT_EQ((*uploads().find(ours_, upload.id))->state, UploadState::Done);
}

TEST_F(UploadsTest, WhatAWholeReportLacksIsUnknownOnceTheGatewayHadItsTime) {
    const auto upload = ordered();
    EXPECT_TRUE(uploads().report(ours_, gateway_, {}, true, kNow)->empty())
        << "it may be on its way";
    const auto later = kNow + kReportedWithin + std::chrono::seconds(1);
    EXPECT_TRUE(uploads().report(ours_, gateway_, {}, false, later)->empty()) << "not whole";
    EXPECT_EQ(uploads().report(ours_, gateway_, {}, true, later)->size(), 1U);
    EXPECT_EQ((*uploads().find(ours_, upload.id))->state, UploadState::Unknown);
}

TEST_F(UploadsTest, AreListedNewestFirstInPages) {
    std::vector<Upload> made;
    for (int i = 0; i < 5; ++i) made.push_back(ordered(kNow + std::chrono::seconds(i)));
    const auto first = uploads().list(ours_, std::nullopt, 2);
    ASSERT_EQ(first->size(), 2U);
    EXPECT_EQ(first->front().id, made[4].id);
    const auto second = uploads().list(ours_, first->back().id.text(), 10);
    ASSERT_EQ(second->size(), 3U);
    EXPECT_EQ(second->front().id, made[2].id);
}

TEST_F(UploadsTest, ReportsAreReadStrictly) {
    const auto read = [](std::string_view text) { return parseUploads(asBytes(text)); };
    EXPECT_TRUE(read(R"({"whole":true,"uploads":[]})"));
    const std::string one = R"("id":"up_00000000000000000000000000","fetched":1,"pushed":0)";
    EXPECT_TRUE(read(R"({"whole":false,"uploads":[{)" + one + R"(,"state":"fetching"}]})"));
    for (const auto& text :
         {std::string(R"({"uploads":[]})"),
          std::string(R"({"whole":true,"uploads":[7]})"),
          R"({"whole":true,"uploads":[{)" + one + R"(,"state":"flying"}]})",
          R"({"whole":true,"uploads":[{)" + one + R"(,"state":"done","total":-1}]})",
          std::string("{}")}) {
        EXPECT_FALSE(read(text)) << text;
    }
}

}  // namespace
}  // namespace pcg::controlplane::tenantdata

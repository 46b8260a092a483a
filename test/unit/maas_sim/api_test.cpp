// SPDX-License-Identifier: Apache-2.0
#include "test/peers/maas-sim/api.h"

#include "common/base/bytes.h"

#include <gtest/gtest.h>

namespace pcg::maassim {
namespace {

class ApiTest : public testing::Test {
  protected:
    Reply ask(const std::string& method,
              const std::string& path,
              oauth::Parameters form = {},
              oauth::Parameters query = {}) {
        Request request;
        request.method = method;
        request.path = "/MAAS/api/2.0/" + path;
        request.origin = "http://maas.example:5240";
        request.form = std::move(form);
        request.query_parameters = std::move(query);
        request.user = User{"admin", admin_};
        region_.advance(now_, 1'790'000'000);
        return api_.handle(request);
    }

    std::string first() const { return region_.machines.front().id; }

    Region region_{{4, false, Timings{}}};
    Api api_{region_};
    Millis now_ = 0;
    bool admin_ = true;
};

TEST_F(ApiTest, TheOperationComesFromFourPlaces) {
    const auto path = "machines/" + first() + "/";
    EXPECT_EQ(ask("GET", path, {}, {{"op", "query_power_state"}}).body, R"({"state":"off"})");
    EXPECT_EQ(ask("GET", path + "op-query_power_state").body, R"({"state":"off"})");
    EXPECT_EQ(ask("POST", path, {{"op", "power_off"}}).body, "null");
    EXPECT_EQ(ask("POST", "tags/", {{"name", "new"}}, {{"op", ""}}).status, 200);
}

TEST_F(ApiTest, WhatIsNotThereIsRefusedInMaassWords) {
    EXPECT_EQ(ask("GET", "machines").body, "Unknown API endpoint: /MAAS/api/2.0/machines.");
    EXPECT_EQ(ask("POST", "machines/", {}, {{"op", "nosuch"}}).body,
              "Unrecognised signature: method=POST op=nosuch");
    const auto denied = ask("DELETE", "machines/");
    EXPECT_EQ(denied.status, 405);
    EXPECT_EQ(denied.headers.front().first, "Allow");
    EXPECT_EQ(ask("GET", "machines/nosuch/").body, "No Machine matches the given query.");
    admin_ = false;
    EXPECT_EQ(ask("POST", "zones/", {{"name", "x"}}).body,
              "User is not allowed access to this API.");
}

TEST_F(ApiTest, AllocationHoldsEveryConstraint) {
    const auto good = ask("POST",
                          "machines/",
                          {{"op", "allocate"},
                           {"cpu_count", "8"},
                           {"mem", "8192"},
                           {"zone", "az2"},
                           {"tags", "virtual"},
                           {"pool", "default"}});
    EXPECT_EQ(good.status, 200);
    EXPECT_NE(good.body.find("\"status_name\":\"Allocated\""), std::string::npos);

    EXPECT_EQ(ask("POST", "machines/", {{"op", "allocate"}, {"cpu_count", "64"}}).body,
              "No available machine matches constraints: [('cpu_count', ['64'])] (resolved to "
              "\"cpu_count=64.0\")");
    EXPECT_EQ(ask("POST", "machines/", {{"op", "allocate"}, {"tags", "nosuch"}}).body,
              R"({"tags":["No such tag(s): 'nosuch'."]})");
    EXPECT_EQ(ask("POST", "machines/", {{"op", "allocate"}, {"zone", "nosuch"}}).status, 400);
}

TEST_F(ApiTest, ADryRunTakesNothing) {
    EXPECT_EQ(ask("POST", "machines/", {{"op", "allocate"}, {"dry_run", "true"}}).status, 200);
    EXPECT_EQ(region_.machines.front().status, Status::Ready);
}

TEST_F(ApiTest, ReleasingManyIsAllOrNothing) {
    ASSERT_EQ(ask("POST", "machines/", {{"op", "allocate"}, {"system_id", first()}}).status, 200);

    EXPECT_EQ(
        ask("POST", "machines/", {{"op", "release"}, {"machines", first()}, {"machines", "nosuch"}})
            .body,
        "Unknown machine(s): nosuch.");
    EXPECT_EQ(region_.machines.front().status, Status::Allocated);
    EXPECT_EQ(ask("POST", "machines/", {{"op", "release"}, {"machines", first()}}).body,
              "[\"" + first() + "\"]");
}

TEST_F(ApiTest, AnUploadIsAppendedInOrderAndCheckedAtItsEnd) {
    const std::string content = "abcdef";
    const auto sha = toHex(crypto::sha256(content));
    const auto made = ask(
        "POST",
        "boot-resources/",
        {{"name", "custom/x"}, {"architecture", "amd64/generic"}, {"sha256", sha}, {"size", "6"}});
    ASSERT_EQ(made.status, 201);
    const auto file = region_.resources.begin()->second.file;

    EXPECT_EQ(api_.upload(file, {}, false, 0).body, "Missing data.");
    EXPECT_EQ(api_.upload(file, asBytes("abcd"), true, 4).body, "OK");
    EXPECT_EQ(api_.upload(file, asBytes("abcd"), true, 4).body, "Too much data received.");
    EXPECT_EQ(api_.upload(file, asBytes("ef"), true, 2).body, "OK");
    EXPECT_TRUE(region_.files.at(file).complete);
    EXPECT_EQ(api_.upload(file, asBytes("x"), true, 1).body, "Cannot upload to a complete file.");
    const auto again = ask(
        "POST",
        "boot-resources/",
        {{"name", "custom/y"}, {"architecture", "amd64/generic"}, {"sha256", sha}, {"size", "6"}});
    EXPECT_EQ(again.body.find("upload_uri"), std::string::npos) << "it is there already";
}

TEST_F(ApiTest, EventsArePagedInOneDirection) {
    for (int i = 0; i < 3; ++i) region_.note(region_.machines.front(), {"admin", true}, "t", "d");
    const oauth::Parameters op{{"op", "query"}};
    auto with = [&](oauth::Parameters more) {
        more.push_back(op.front());
        return ask("GET", "events/", {}, std::move(more));
    };

    EXPECT_NE(with({{"limit", "2"}}).body.find("\"count\":2"), std::string::npos);
    EXPECT_NE(with({{"after", "2"}}).body.find("\"count\":1"), std::string::npos);
    EXPECT_EQ(with({{"after", "1"}, {"before", "2"}}).status, 400);
    EXPECT_EQ(with({{"limit", "1001"}}).status, 400);
    EXPECT_EQ(with({{"level", "LOUD"}}).status, 400);
}

TEST_F(ApiTest, VersionThreeEightHasNoVmHosts) {
    Region newer{{1, true, Timings{}}};
    Api api(newer);
    Request request{"GET", "/MAAS/api/2.0/vm-hosts/", "", "", {}, {}, {}, User{"admin", true}};

    const auto gone = api.handle(request);

    EXPECT_EQ(gone.status, 410);
    EXPECT_EQ(gone.body, "VM host (KVM) support has been removed from MAAS.");
    EXPECT_EQ(ask("GET", "vm-hosts/").status, 200);
}

}  // namespace
}  // namespace pcg::maassim

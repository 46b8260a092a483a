// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/maas/authorize.h"
#include "vcenter-proxy/errc.h"

#include <gtest/gtest.h>

namespace pcg::proxy::maas {
namespace {

class MaasPolicy : public testing::Test {
  protected:
    MaasPolicy() {
        auto reading = policy::readPolicy(
            R"({"version":1,"roles":{"metal":{"extends":"inventory","rules":[
                {"maas":["POST machines/ allocate"],"where":{"fields":{"pool":["pcg"]}}},
                {"maas":["GET zones/","PUT tags/{}/","DELETE tags/{}/"],"where":{"fields":{"name":["a"]}}},
                {"maas":["POST machines/{}/ deploy"]}]}},
                "assign":[{"endpoint":"maas1","role":"metal"}]})",
            policyVocabulary());
        EXPECT_TRUE(reading.ok());
        policy_.document = reading.policy;
    }

    std::string asked(std::string method, std::string target, std::string form = {}) {
        http::RequestHead head;
        head.method = std::move(method);
        head.target = "/MAAS/api/2.0/" + target;
        auto parsed = Target::parse(head);
        EXPECT_TRUE(parsed);
        auto body = form.empty() ? Result<Form>(Form()) : Form::parse(nullptr, form);
        EXPECT_TRUE(body);
        const Principal principal{
            wire::AccessKeyId::unchecked("ak_1"), wire::EndpointId::unchecked("ep_1"), Role::Full};
        const Circumstances circumstances{.endpoint = "maas1"};
        const auto done = authorize(
            policy_, principal, head.method, std::move(*parsed), std::move(*body), circumstances);
        return done ? "allowed" : std::string(done.error().code().name());
    }

    EndpointPolicy policy_;
};

TEST_F(MaasPolicy, ARuleDecidesWhereverTheOperationIsWritten) {
    for (const auto* target : {"machines/abc/?op=deploy", "machines/abc/op-deploy"})
        EXPECT_EQ(asked("POST", target), "allowed") << target;
    EXPECT_EQ(asked("POST", "machines/abc/", "op=deploy"), "allowed");
    for (const auto* target : {"machines/abc/?op=release", "machines/abc/op-release"})
        EXPECT_EQ(asked("POST", target), "proxy.method_denied") << target;
    EXPECT_EQ(asked("GET", "machines/abc/"), "allowed") << "inventory";
    EXPECT_EQ(asked("GET", "machines/abc/?op=power_parameters"), "proxy.method_denied");
}

TEST_F(MaasPolicy, FieldsCountWhereMaasLooksForThemAndMustFitEverywhere) {
    EXPECT_EQ(asked("POST", "machines/?op=allocate", "pool=pcg"), "allowed");
    EXPECT_EQ(asked("POST", "machines/?op=allocate&pool=pcg", "pool=pcg"), "allowed");
    // MAAS does not look into the query of a POST: any pool's machine would be allocated.
    EXPECT_EQ(asked("POST", "machines/?op=allocate&pool=pcg"), "proxy.method_denied");
    EXPECT_EQ(asked("POST", "machines/?op=allocate&pool=pcg", "cpu_count=1"),
              "proxy.method_denied");
    EXPECT_EQ(asked("POST", "machines/?op=allocate&pool=other", "pool=pcg"), "proxy.method_denied");
    EXPECT_EQ(asked("POST", "machines/?op=allocate", "pool=pcg&pool=other"), "proxy.method_denied");
    EXPECT_EQ(asked("POST", "machines/?op=allocate"), "proxy.method_denied");

    EXPECT_EQ(asked("GET", "zones/?name=a"), "allowed");
    EXPECT_EQ(asked("GET", "zones/?name=b"), "proxy.method_denied");
    EXPECT_EQ(asked("GET", "zones/", "name=a"), "proxy.method_denied");
    EXPECT_EQ(asked("PUT", "tags/x/", "name=a"), "allowed");
    EXPECT_EQ(asked("PUT", "tags/x/?name=a"), "proxy.method_denied");
    for (const auto* nowhere : {"tags/x/", "tags/x/?name=a"}) {
        EXPECT_EQ(asked("DELETE", nowhere), "proxy.method_denied");
        EXPECT_EQ(asked("DELETE", nowhere, "name=a"), "proxy.method_denied");
    }
}

TEST_F(MaasPolicy, WhatNobodyMayStaysSoAndUnknownPathsAreAnsweredAsMaasDoes) {
    EXPECT_EQ(asked("POST", "account/?op=create_authorisation_token"), "proxy.method_denied");
    EXPECT_EQ(asked("GET", "nowhere/"), "proxy.unknown_path");
    policy_.read_only = true;
    EXPECT_EQ(asked("POST", "machines/abc/?op=deploy"), "proxy.read_only");
    EXPECT_EQ(asked("GET", "machines/"), "allowed");
}

}  // namespace
}  // namespace pcg::proxy::maas

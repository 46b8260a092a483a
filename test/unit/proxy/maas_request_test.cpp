// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/maas/request.h"
#include "vcenter-proxy/errc.h"

#include <gtest/gtest.h>

namespace pcg::proxy::maas {
namespace {

Result<Target> targetOf(std::string method, std::string target) {
    http::RequestHead head;
    head.method = std::move(method);
    head.target = std::move(target);
    return Target::parse(head);
}

Result<Form> formOf(std::string_view body) {
    const std::string type = "application/x-www-form-urlencoded";
    return Form::parse(&type, body);
}

TEST(MaasRequest, DoorsAreThoseOfTheApiAndNoOthers) {
    EXPECT_EQ(targetOf("GET", "/MAAS/api/version/")->door, Door::Open);
    EXPECT_EQ(targetOf("GET", "/MAAS/api/2.0/version/")->door, Door::Open);
    EXPECT_TRUE(targetOf("GET", "/MAAS/api/2.0/describe/")->isDescription());
    EXPECT_EQ(targetOf("GET", "/MAAS/api/1.0/nodes/")->door, Door::Retired);
    EXPECT_EQ(targetOf("GET", "/MAAS/api/2.0/machines/")->door, Door::Api);
    EXPECT_EQ(targetOf("PUT", "/MAAS/api/2.0/boot-resources/7/upload/18/")->door, Door::Upload);
    EXPECT_EQ(targetOf("POST", "/MAAS/api/2.0/boot-resources/7/upload/18/")->door, Door::Api);
    for (const auto* path : {"/",
                             "/MAAS/",
                             "/MAAS/a/v3/machines",
                             "/MAAS/accounts/login/",
                             "/MAAS/l/settings",
                             "/maas/api/2.0/machines/",
                             "/MAAS/metadata/"}) {
        EXPECT_TRUE(targetOf("GET", path).error().is(errc::kPathDenied)) << path;
    }
}

TEST(MaasRequest, RefusesPathsWithMoreThanOneReading) {
    for (const auto* path : {"/MAAS/api/2.0/../users/",
                             "/MAAS/api/2.0/machines/%2e%2e/users/",
                             "/MAAS/api/2.0//machines/",
                             "/MAAS/api/2.0/machines%2fx/",
                             "/MAAS/api/2.0/machines/%00/",
                             "/MAAS/api/2.0/machines/?a=1;op=x",
                             "/MAAS/api/2.0/machines/?op=%zz"}) {
        EXPECT_TRUE(targetOf("GET", path).error().is(errc::kBadTarget)) << path;
    }
}

TEST(MaasRequest, TheOperationIsTheSameFromAllFourPlaces) {
    const auto path = std::string("/MAAS/api/2.0/machines/x/");
    const std::string boundary = "multipart/form-data; boundary=b";
    const auto multipart =
        "--b\r\nContent-Disposition: form-data; name=\"op\"\r\n\r\ndeploy\r\n--b--\r\n";

    EXPECT_EQ(*operationOf(*targetOf("POST", path + "?op=deploy"), Form()), "deploy");
    EXPECT_EQ(*operationOf(*targetOf("POST", path), *formOf("op=deploy&a=1")), "deploy");
    EXPECT_EQ(*operationOf(*targetOf("POST", path), *Form::parse(&boundary, multipart)), "deploy");
    const auto suffixed = targetOf("POST", path + "op-deploy");
    EXPECT_EQ(*operationOf(*suffixed, Form()), "deploy");
    EXPECT_EQ(suffixed->below, "machines/x/");
    EXPECT_EQ(*operationOf(*targetOf("POST", path + "?op="), Form()), "");
    EXPECT_EQ(*operationOf(*targetOf("POST", path + "?%6fp=deploy"), Form()), "deploy");
}

TEST(MaasRequest, TwoDifferentOperationsAreRefused) {
    const auto path = std::string("/MAAS/api/2.0/machines/x/");
    const auto conflict = [&](const std::string& target, std::string_view form) {
        const auto op = operationOf(*targetOf("POST", path + target), *formOf(form));
        return !op && op.error().is(errc::kConflictingOps);
    };
    EXPECT_TRUE(conflict("?op=release", "op=deploy"));
    EXPECT_TRUE(conflict("?op=release&op=deploy", ""));
    EXPECT_TRUE(conflict("op-release", "op=deploy"));
    EXPECT_TRUE(conflict("op-release?op=deploy", ""));
    EXPECT_TRUE(conflict("", "op=release&op=deploy"));
    EXPECT_FALSE(conflict("?op=deploy", "op=deploy"));
}

TEST(MaasRequest, OAuthsParametersAreNotPassedOn) {
    const auto target =
        targetOf("GET", "/MAAS/api/2.0/machines/?oauth_token=t&id=1&%6fauth_nonce=n");
    EXPECT_EQ(target->forwarded(), "/MAAS/api/2.0/machines/?id=1");
    EXPECT_EQ(targetOf("GET", "/MAAS/api/2.0/machines/?oauth_token=t")->forwarded(),
              "/MAAS/api/2.0/machines/");
    EXPECT_EQ(formOf("op=deploy&oauth_consumer_key=x&a=%20")->forwarded, "op=deploy&a=%20");
}

TEST(MaasRequest, ABodyThatIsNoFormIsRefused) {
    const std::string json = "application/json";
    EXPECT_TRUE(Form::parse(&json, "{\"op\":\"deploy\"}").error().is(errc::kBadForm));
    EXPECT_TRUE(Form::parse(&json, "")) << "nothing to be misread";
    EXPECT_EQ(Form::parse(nullptr, "op=x")->parameters.front().value, "x");
}

TEST(MaasRequest, ACharsetThatCouldHideAnOperationIsRefused) {
    const auto taken = [](const std::string& type) { return checkContentType(&type).has_value(); };
    EXPECT_TRUE(taken("application/x-www-form-urlencoded"));
    EXPECT_TRUE(taken("application/x-www-form-urlencoded; charset=UTF-8"));
    EXPECT_TRUE(taken("multipart/form-data; boundary=\"==x==\""));
    EXPECT_FALSE(taken("application/x-www-form-urlencoded; charset=cp037"));
    EXPECT_FALSE(taken("multipart/form-data; boundary=x; charset=utf-16"));
    EXPECT_FALSE(taken("application/x-www-form-urlencoded; charset*=utf-8''cp037"));
    EXPECT_TRUE(checkContentType(nullptr));
}

TEST(MaasRequest, ADescriptionLeadsToTheGateway) {
    EXPECT_EQ(
        describedFor(
            R"({"uri":"https://10.0.0.1:5443/MAAS/api/2.0/x/","doc":"http, \"https://y/\" z"})",
            "gw:8443"),
        R"({"uri":"https://gw:8443/MAAS/api/2.0/x/","doc":"http, \"https://y/\" z"})");
    EXPECT_EQ(describedFor(R"(["http://maas/MAAS/"])", "gw"), R"(["https://gw/MAAS/"])");
}

}  // namespace
}  // namespace pcg::proxy::maas

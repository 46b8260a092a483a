// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/service_content.h"

#include "test/unit/proxy/soap_fixture.h"
#include "vcenter-proxy/errc.h"

#include <gtest/gtest.h>

namespace pcg::proxy {
namespace {

TEST(ServiceContent, IsReadFromACapturedAnswer) {
    const auto text = test::capturedSoap("responses/RetrieveServiceContent.xml");

    const auto about = parseServiceContent(asBytes(text));

    ASSERT_TRUE(about) << about.error().message();
    EXPECT_EQ(about->full_name, "VMware vCenter Server 6.5.0 build-5973321");
    EXPECT_EQ(about->version, "6.5.0");
    EXPECT_EQ(about->build, "5973321");
    EXPECT_EQ(about->api_type, "VirtualCenter");
    EXPECT_EQ(about->api_version, "6.5");
    EXPECT_FALSE(about->instance_uuid.empty());
}

TEST(ServiceContent, IsNotFoundInAnythingElse) {
    for (const auto* text : {"",
                             "hello",
                             "<html><about>x</about></html>",
                             "<a><b></a>",
                             "<about><apiType>unterminated"}) {
        const auto about = parseServiceContent(asBytes(text));
        ASSERT_FALSE(about) << text;
        EXPECT_TRUE(about.error().is(errc::kNotAVcenter)) << text;
    }
}

}  // namespace
}  // namespace pcg::proxy

// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/vsphere/responses.h"

#include "controlplane-sim/vsphere/errc.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace pcg::controlplane::vsphere {
namespace {

Bytes vector(const std::string& name) {
    std::ifstream file(std::string(PCG_SOURCE_DIR) + "/test/vectors/vsphere/" + name);
    std::ostringstream all;
    all << file.rdbuf();
    return toBytes(asBytes(all.str()));
}

TEST(VSphereResponses, AFailedTaskSaysWhyInTheServersWords) {
    const auto page = responses::objectPage(vector("task-failed.xml"));

    ASSERT_TRUE(page.has_value()) << page.error().message();
    EXPECT_EQ(page->token, "17");
    ASSERT_EQ(page->objects.size(), 1U);
    EXPECT_EQ(page->objects[0].object, (Ref{"Task", "task-9"}));
    const auto info = responses::taskInfo(*page->objects[0].find("info"));
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->state, TaskInfo::State::Failed);
    const auto error = info->fault->error();
    EXPECT_TRUE(error.is(kExists));
    EXPECT_EQ(error.message(), "DuplicateName: The name 'k8s-cp-1' already exists.");
}

TEST(VSphereResponses, AFaultIsItsError) {
    const auto ref = responses::reference(vector("fault.xml"));

    ASSERT_FALSE(ref.has_value());
    EXPECT_TRUE(ref.error().is(kNotFound));
}

TEST(VSphereResponses, AFaultWithoutATypeMayHaveBeenExecuted) {
    const std::string text =
        R"(<Envelope><Body><Fault><faultstring>the link broke</faultstring></Fault></Body></Envelope>)";

    const auto ref = responses::reference(asBytes(text));

    ASSERT_FALSE(ref.has_value());
    EXPECT_TRUE(ref.error().is(kUnknown));
    EXPECT_EQ(ref.error().message(), "the link broke");
}

TEST(VSphereResponses, UpdatesNameTheObjectAndTheNewValue) {
    const auto updates = responses::updateSet(vector("updates.xml"));

    ASSERT_TRUE(updates.has_value());
    EXPECT_EQ(updates->version, "2");
    ASSERT_EQ(updates->changes.size(), 1U);
    EXPECT_EQ(updates->changes[0].name, "guest.ipAddress");
    EXPECT_EQ(updates->changes[0].value.text, "192.0.2.5");
}

TEST(VSphereResponses, WhatIsNoAnswerOfAVcenterIsSaidToBeNone) {
    for (const std::string_view text : {"",
                                        "<html/>",
                                        "<Envelope/>",
                                        "<Envelope><Body/></Envelope>",
                                        "<Envelope><Body><R/></Body></Envelope>",
                                        "{}"}) {
        const auto ref = responses::reference(asBytes(text));

        ASSERT_FALSE(ref.has_value()) << text;
        EXPECT_TRUE(ref.error().is(kBadAnswer)) << text;
    }
}

TEST(VSphereResponses, AnEmptyPageIsThePageOfNothing) {
    const auto page = responses::objectPage(
        asBytes("<Envelope><Body><RetrievePropertiesExResponse/></Body></Envelope>"));

    ASSERT_TRUE(page.has_value());
    EXPECT_TRUE(page->objects.empty() && page->token.empty());
}

}  // namespace
}  // namespace pcg::controlplane::vsphere

// SPDX-License-Identifier: Apache-2.0
#include "common/wire/subjects.h"

#include "common/wire/errc.h"

#include <gtest/gtest.h>

namespace pcg::wire {
namespace {

const std::string kKey = "U" + std::string(55, 'A');
const auto kNkey = UserNkey::unchecked(kKey);
const auto kInstance = InstanceId::unchecked("0123456789abcdef");

TEST(Subjects, AreWhatTheProtocolDocumentSays) {
    const GatewaySubjects subjects(kNkey);

    EXPECT_EQ(subjects.open(), "pcg.v1." + kKey + ".rpc.open");
    EXPECT_EQ(subjects.toGateway(kInstance), "pcg.v1." + kKey + ".rpc.s.0123456789abcdef");
    EXPECT_EQ(subjects.toIngress(kInstance), "pcg.v1." + kKey + ".evt.s.0123456789abcdef");
    EXPECT_EQ(subjects.heartbeat(), "pcg.v1." + kKey + ".hb");
    EXPECT_EQ(subjects.inboxPrefix(), "pcg.v1." + kKey + ".inbox");
    EXPECT_EQ(anyToIngress(kInstance), "pcg.v1.*.evt.s.0123456789abcdef");
    EXPECT_EQ(openSlot(kInstance, 7), "_INBOX_cp.0123456789abcdef.7");
}

TEST(Subjects, ParseBackToTheirParts) {
    const GatewaySubjects subjects(kNkey);
    const std::pair<std::string, SubjectKind> fixed[] = {
        {subjects.open(), SubjectKind::Open},
        {subjects.hello(), SubjectKind::Hello},
        {subjects.inventory(), SubjectKind::Inventory},
        {subjects.heartbeat(), SubjectKind::Heartbeat},
        {subjects.welcome(), SubjectKind::Welcome},
        {subjects.unpair(), SubjectKind::Unpair},
        {subjects.renewNow(), SubjectKind::RenewNow},
        {subjects.ping(), SubjectKind::Ping},
        {subjects.pong(), SubjectKind::Pong}};
    for (const auto& [text, kind] : fixed) {
        const auto parsed = parseSubject(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->kind, kind);
        EXPECT_EQ(parsed->nkey, kNkey);
        EXPECT_FALSE(parsed->instance);
    }

    const auto stream = parseSubject(subjects.toIngress(kInstance));
    ASSERT_TRUE(stream);
    EXPECT_EQ(stream->kind, SubjectKind::ToIngress);
    EXPECT_EQ(stream->instance, kInstance);
}

TEST(Subjects, RefuseWhatNoBuilderMakes) {
    const std::string prefix = "pcg.v1." + kKey;
    for (const auto& text : {std::string(),
                             std::string("pcg.v1."),
                             prefix,
                             prefix + ".",
                             prefix + ".rpc.open.x",
                             prefix + ".evt.s.",
                             prefix + ".evt.s.0123456789ABCDEF",
                             prefix + ".evt.s.*",
                             prefix + ".hb.x",
                             "pcg.v2." + kKey + ".hb",
                             std::string("pcg.v1.*.hb"),
                             "x" + prefix + ".hb"}) {
        const auto parsed = parseSubject(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_TRUE(parsed.error().is(kBadSubject));
    }
}

TEST(Subjects, GatewayMayTouchOnlyItsOwnPrefix) {
    const auto permissions = gatewayPermissions("{{subject()}}");

    for (const auto& list : {permissions.publish, permissions.subscribe})
        for (const auto& subject : list)
            EXPECT_TRUE(subject.starts_with("pcg.v1.{{subject()}}.")) << subject;
    EXPECT_EQ(permissions.publish.size(), 2U);
    EXPECT_EQ(permissions.subscribe.size(), 3U);
}

TEST(Subjects, ControlPlaneMayNotPublishEventsAndNotSubscribeToCalls) {
    const auto permissions = controlPlanePermissions();

    for (const auto& subject : permissions.publish)
        EXPECT_TRUE(subject == "pcg.v1.*.rpc.>" || subject == "pcg.v1.*.ctl.>") << subject;
    for (const auto& subject : permissions.subscribe)
        EXPECT_EQ(subject.find(".rpc."), std::string::npos);
}

}  // namespace
}  // namespace pcg::wire

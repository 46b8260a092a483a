// SPDX-License-Identifier: Apache-2.0
#include "common/bus/subject.h"

#include <gtest/gtest.h>

namespace pcg::bus {
namespace {

TEST(Subject, StarStandsForExactlyOneToken) {
    EXPECT_TRUE(subjectMatches("pcg.v1.*.hb", "pcg.v1.UABC.hb"));
    EXPECT_FALSE(subjectMatches("pcg.v1.*.hb", "pcg.v1.hb"));
    EXPECT_FALSE(subjectMatches("pcg.v1.*.hb", "pcg.v1.U.A.hb"));
    EXPECT_FALSE(subjectMatches("pcg.v1.*", "pcg.v1.U.hb"));
}

TEST(Subject, GreaterStandsForOneOrMoreTokens) {
    EXPECT_TRUE(subjectMatches("pcg.v1.U.evt.>", "pcg.v1.U.evt.hello"));
    EXPECT_TRUE(subjectMatches("pcg.v1.U.evt.>", "pcg.v1.U.evt.s.0123"));
    EXPECT_FALSE(subjectMatches("pcg.v1.U.evt.>", "pcg.v1.U.evt"));
}

TEST(Subject, MatchesItselfOnly) {
    EXPECT_TRUE(subjectMatches("a.b", "a.b"));
    EXPECT_FALSE(subjectMatches("a.b", "a.bc"));
    EXPECT_FALSE(subjectMatches("a.b", "a"));
    EXPECT_FALSE(subjectMatches("a", "a.b"));
}

TEST(Subject, PublishSubjectHoldsNoWildcardBlankOrEmptyToken) {
    EXPECT_TRUE(isPublishSubject("pcg.v1.U.hb"));
    for (const char* bad :
         {"", ".", "a.", ".a", "a..b", "a.*", "a.>", "a b", "a\r\nPUB x 1", "a\tb"}) {
        EXPECT_FALSE(isPublishSubject(bad)) << bad;
    }
    EXPECT_FALSE(isPublishSubject(std::string(513, 'a')));
}

TEST(Subject, SubscribeSubjectTakesWildcardsAsWholeTokensOnly) {
    for (const char* good : {"a.*", "*.b", "a.>", ">", "*"})
        EXPECT_TRUE(isSubscribeSubject(good)) << good;
    for (const char* bad : {"a.b*", "a.>.b", "a>", "**"})
        EXPECT_FALSE(isSubscribeSubject(bad)) << bad;
}

}  // namespace
}  // namespace pcg::bus

// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/match.h"

#include <gtest/gtest.h>

namespace pcg::policy {
namespace {

TEST(Glob, StarStandsForAnyRunOfCharacters) {
    EXPECT_TRUE(globMatches("guestinfo.*", "guestinfo.userdata"));
    EXPECT_TRUE(globMatches("*", ""));
    EXPECT_TRUE(globMatches("a*b*c", "aXXbYYc"));
    EXPECT_TRUE(globMatches("a*b*c", "abbc"));
    EXPECT_FALSE(globMatches("a*b*c", "aXXbYY"));
    EXPECT_FALSE(globMatches("web-*", "Web-1"));
    EXPECT_FALSE(globMatches("", "a"));
}

TEST(Path, CountsSegmentsAndTheSlashAtTheEnd) {
    EXPECT_TRUE(pathMatches("machines/{}/", "machines/abc/"));
    EXPECT_FALSE(pathMatches("machines/{}/", "machines/abc"));
    EXPECT_FALSE(pathMatches("machines/{}/", "machines//"));
    EXPECT_FALSE(pathMatches("machines/{}/", "machines/a/b/"));
    EXPECT_TRUE(pathMatches("/api/**", "/api/vcenter/vm/vm-1"));
    EXPECT_TRUE(pathMatches("/api/**", "/api/"));
    EXPECT_FALSE(pathMatches("/api/**", "/api"));
    EXPECT_FALSE(pathMatches("/api/**", "/apix/a"));
    EXPECT_FALSE(pathMatches("pcg/**", "pcg2/x"));
}

TEST(Path, CoversAndMeetsOnTheSafeSide) {
    EXPECT_TRUE(pathCovers("/api/**", "/api/{}/vm"));
    EXPECT_FALSE(pathCovers("/api/{}/vm", "/api/**"));
    EXPECT_FALSE(pathCovers("/api/a", "/api/{}"));
    EXPECT_TRUE(pathsMeet("/api/{}/vm", "/api/**"));
    EXPECT_TRUE(pathsMeet("/api/a", "/api/{}"));
    EXPECT_FALSE(pathsMeet("/api/a", "/api/b"));
    EXPECT_TRUE(globCovers("Power*", "PowerOn*"));
    EXPECT_FALSE(globCovers("PowerOn*", "Power*"));
    EXPECT_TRUE(globsMeet("a*", "*b"));
    EXPECT_FALSE(globsMeet("a*", "b*"));
}

}  // namespace
}  // namespace pcg::policy

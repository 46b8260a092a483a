// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/rest_rules.h"

#include "vcenter-proxy/endpoint/canonical_path.h"
#include "vcenter-proxy/endpoint/request_target.h"
#include "vcenter-proxy/errc.h"

#include <gtest/gtest.h>

namespace pcg::proxy {
namespace {

Result<RequestTarget> classify(std::string method, std::string target) {
    http::RequestHead head;
    head.method = std::move(method);
    head.target = std::move(target);
    return classifyTarget(head);
}

RestCall callOf(std::string method, std::string target) {
    auto classified = classify(std::move(method), target);
    EXPECT_TRUE(classified && classified->rest) << target;
    return classified && classified->rest ? *classified->rest : RestCall{};
}

TEST(RestTarget, GivesBothDoorsOneName) {
    for (const auto* target : {"/rest/com/vmware/cis/tagging/tag?~action=list",
                               "/rest/cis/tagging/tag?~action=list",
                               "/api/cis/tagging/tag?action=list",
                               "/api/cis/t%61gging/tag?%61ction=list"}) {
        const auto call = callOf("POST", target);
        EXPECT_EQ(call.path, "cis/tagging/tag") << target;
        EXPECT_EQ(call.action, "list") << target;
    }
}

TEST(RestTarget, KnowsTheSessionBehindBothDoors) {
    EXPECT_TRUE(callOf("POST", "/rest/com/vmware/cis/session").isLogin());
    EXPECT_TRUE(callOf("POST", "/api/session").isLogin());
    EXPECT_FALSE(callOf("POST", "/rest/com/vmware/cis/session?~action=get").isLogin());
    EXPECT_TRUE(callOf("DELETE", "/api/session").isLogout());
    EXPECT_FALSE(callOf("DELETE", "/rest/session").isLogout());
    EXPECT_FALSE(callOf("POST", "/rest/com/vmware/session").isSession());
}

TEST(RestTarget, RefusesTwoActionsAndHiddenOnes) {
    for (const auto* query : {"~action=get&~action=delete",
                              "~action=get&action=delete",
                              "~action=",
                              "~action",
                              "~action=a/b",
                              "~method=DELETE",
                              "%7Emethod=DELETE",
                              "a=b;~action=x",
                              "a=%0d%0a",
                              "a=%g1"}) {
        const auto target = classify("POST", std::string("/rest/vcenter/vm?") + query);
        ASSERT_FALSE(target) << query;
        EXPECT_TRUE(target.error().is(errc::kBadTarget)) << query;
    }
    for (const auto* path : {"/rest/vcenter/vm/vm-1/power/stop?~action=get",
                             "/rest/vcenter/vm/vm-1/hardware/cdrom/3000/connect?~action=get"})
        EXPECT_TRUE(classify("POST", path).error().is(errc::kBadTarget)) << path;
    EXPECT_FALSE(classify("TRACE", "/api/vcenter/vm"));
}

TEST(RestTarget, GivesOneNameToWhatTheDoorsWriteInDifferentWays) {
    struct Pair {
        const char* older;
        const char* newer;
    };

    for (const auto& [older, newer] :
         {Pair{"/rest/vcenter/vm/vm-1/power/stop", "/api/vcenter/vm/vm-1/power?action=stop"},
          Pair{"/rest/vcenter/vm/vm-1/power/stop/", "/api/vcenter/vm/vm-1/power/?action=stop"},
          Pair{"/rest/com/vmware/vcenter/vm/vm-1/hardware/cdrom/3000/connect",
               "/api/vcenter/vm/vm-1/hardware/cdrom/3000?action=connect"},
          Pair{"/rest/vcenter/vm/vm-1/hardware/action/upgrade",
               "/api/vcenter/vm/vm-1/hardware?action=upgrade"},
          Pair{"/rest/com/vmware/cis/tagging/tag-association/id:urn:x?~action=attach",
               "/api/cis/tagging/tag-association/urn:x?action=attach"},
          Pair{"/rest/com/vmware/content/library/item/updatesession/file/id:X?~action=add",
               "/api/content/library/item/update-session/X/file?action=add"},
          Pair{"/rest/com/vmware/content/library/item/downloadsession/id:X?~action=cancel",
               "/api/content/library/item/download-session/X?action=cancel"},
          Pair{"/rest/com/vmware/content/library/item/file/id:X?~action=get",
               "/api/content/library/item/X/file?action=get"},
          Pair{"/rest/com/vmware/content/library/subscriptions/id:X?~action=get",
               "/api/content/library/X/subscriptions?action=get"}}) {
        const auto one = callOf("POST", older);
        const auto other = callOf("POST", newer);
        EXPECT_EQ(one.path, other.path) << older;
        EXPECT_EQ(one.action, other.action) << older;
    }
    EXPECT_EQ(callOf("GET", "/rest/vcenter/vm/vm-1/power/stop").path, "vcenter/vm/vm-1/power/stop");
    EXPECT_FALSE(callOf("POST", "/api/session/").isSession());
}

TEST(RestTarget, TakesAnActionInTheSpellingOfItsDoorOnly) {
    for (const auto* other : {"/rest/com/vmware/cis/tagging/category?action=list-used-categories",
                              "/rest/com/vmware/cis/session?action=get",
                              "/api/vcenter/vm?~action=clone",
                              "/api/vcenter/vm?%7eaction=clone"}) {
        const auto target = classify("POST", other);
        ASSERT_FALSE(target) << other;
        EXPECT_TRUE(target.error().is(errc::kBadTarget)) << other;
    }
    // Of the services that are not below com/vmware some take one and some the other; govmomi asks
    // cluster modules and templates so.
    EXPECT_EQ(callOf("POST", "/rest/vcenter/vm-template/library-items/x?action=deploy").action,
              "deploy");
    EXPECT_EQ(callOf("POST", "/rest/vcenter/vm?~action=clone").action, "clone");
    EXPECT_FALSE(rest::onlyReads(callOf("POST", "/rest/vcenter/inventory/network?action=find")));
}

TEST(RestRules, APostReadsOnlyIfItsPathHasThatAction) {
    for (const auto* changing : {"/rest/com/vmware/cis/tagging/category?~action=list",
                                 "/rest/com/vmware/cis/tagging/category?~action=find",
                                 "/rest/vcenter/vm?~action=list",
                                 "/api/vcenter/vm?action=list",
                                 "/api/vcenter/vm/vm-1?action=get",
                                 "/api/session?action=get",
                                 "/api/content/library/item/update-session/X/file?action=get",
                                 "/rest/com/vmware/content/library/item?~action=get"}) {
        const auto call = callOf("POST", changing);
        EXPECT_FALSE(rest::onlyReads(call)) << changing;
        EXPECT_FALSE(rest::isAllowed(Role::Inventory, call)) << changing;
    }
    EXPECT_TRUE(rest::onlyReads(callOf("POST", "/rest/com/vmware/cis/session?~action=get")));
    EXPECT_TRUE(rest::mayPull(
        callOf("POST", "/api/content/library/item/update-session/X/file?action=get")));
    EXPECT_TRUE(rest::mayPull(callOf(
        "POST", "/rest/com/vmware/content/library/item/UpdateSession/file/id:X?~action=add")));
    EXPECT_TRUE(rest::mayPull(callOf(
        "POST", "/rest/com/vmware/content/library/item/updatesession/file/id:X?~action=get")));
}

TEST(RestTarget, KeepsFilesOfTheLibraryApart) {
    EXPECT_EQ(classify("PUT", "/cls/data/1-2/disk.vmdk")->surface, Surface::LibraryData);
    EXPECT_EQ(classify("PUT", "/rest/com/vmware/cis/data/1-2/disk.vmdk")->surface,
              Surface::LibraryData);
    EXPECT_FALSE(classify("POST", "/cls/data/1-2/disk.vmdk"));
    EXPECT_FALSE(classify("PUT", "/cls/data/"));
    EXPECT_FALSE(classify("PUT", "/cls/data/../x"));
}

struct Case {
    const char* method;
    const char* target;
    int least;  // the least role that may; 3: nobody
};

class RestRule : public testing::TestWithParam<Case> {};

TEST_P(RestRule, OpensFromThisRoleOn) {
    const auto& [method, target, least] = GetParam();
    const auto call = callOf(method, target);
    for (const auto role : {Role::Inventory, Role::Deploy, Role::Full}) {
        EXPECT_EQ(rest::isAllowed(role, call), static_cast<int>(role) >= least)
            << method << " " << target << " as " << roleName(role);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Paths,
    RestRule,
    testing::Values(
        Case{"GET", "/rest/com/vmware/cis/tagging/category", 0},
        Case{
            "GET", "/rest/com/vmware/cis/tagging/tag/id:urn:vmomi:InventoryServiceTag:x:GLOBAL", 0},
        Case{"POST", "/rest/com/vmware/cis/tagging/tag-association?~action=list-attached-tags", 0},
        Case{"POST", "/rest/com/vmware/cis/tagging/tag", 1},
        Case{"POST", "/rest/com/vmware/cis/tagging/tag-association/id:x?~action=attach", 1},
        Case{"DELETE", "/rest/com/vmware/cis/tagging/tag/id:x", 2},
        Case{"DELETE", "/rest/com/vmware/cis/tagging/tag/id:x?~action=list", 2},
        Case{"POST", "/rest/com/vmware/cis/tagging/tag/id:x?~action=delete", 2},
        Case{"GET", "/api/vcenter/vm?names=a", 0},
        Case{"GET", "/api/vcenter/vm?action=clone", 1},
        Case{"POST", "/api/vcenter/vm?action=clone", 1},
        Case{"POST", "/rest/vcenter/vm/vm-1/power/start", 1},
        Case{"DELETE", "/api/vcenter/vm/vm-1", 1},
        Case{"GET", "/api/vcenter/vm/vm-1/guest/identity", 0},
        Case{"POST", "/api/vcenter/vm/vm-1/guest/power?action=shutdown", 1},
        Case{"POST", "/api/vcenter/vm/vm-1/guest/processes?action=create", 3},
        Case{"POST", "/api/vcenter/vm/vm-1/guest/processes?action=list", 3},
        Case{"POST", "/api/vcenter/vm/vm-1/guest/filesystem?action=create", 3},
        Case{"POST", "/api/vcenter/vm/vm-1/console/tickets", 3},
        Case{"POST", "/api/vcenter/vm/vm-1/Guest/processes?action=create", 3},
        Case{"POST", "/api/vcenter/vm/vm-1/guest/processes/?action=create", 3},
        Case{"GET", "/api/VCENTER/vm", 3},
        Case{"POST", "/api/", 3},
        Case{"GET", "/api/vcenter/host", 0},
        Case{"POST", "/api/vcenter/host", 3},
        Case{"POST", "/rest/com/vmware/content/library?~action=find", 0},
        Case{"POST", "/rest/com/vmware/content/library/item?~action=find", 0},
        Case{"POST", "/rest/com/vmware/content/library/item/file/id:x?~action=get", 0},
        Case{"POST", "/rest/com/vmware/content/library/item/storage/id:x?~action=get", 0},
        Case{
            "POST", "/rest/com/vmware/content/library/item/updatesession/file/id:x?~action=get", 0},
        Case{"POST",
             "/rest/com/vmware/content/library/item/downloadsession/file/id:x?~action=get",
             1},
        Case{"POST", "/rest/com/vmware/content/library/subscriptions/id:x?~action=get", 0},
        Case{"POST", "/rest/com/vmware/content/library/subscriptions/id:x?~action=delete", 2},
        Case{"POST", "/rest/com/vmware/cis/tagging/tag/id:x?~action=list-tags-for-category", 0},
        Case{"POST",
             "/rest/com/vmware/cis/tagging/tag-association/id:x?~action=list-attached-objects",
             0},
        Case{"POST", "/rest/vcenter/cluster/modules/x/members?action=add", 1},
        Case{"POST", "/rest/vcenter/vm-template/library-items/x?action=deploy", 1},
        Case{"POST", "/rest/com/vmware/cis/tagging/category?~action=list", 1},
        Case{"POST", "/api/vcenter/vm?action=list", 1},
        Case{"POST", "/rest/com/vmware/content/local-library", 2},
        Case{"POST", "/rest/com/vmware/content/library/item", 1},
        Case{
            "POST", "/rest/com/vmware/content/library/item/updatesession/file/id:x?~action=add", 1},
        Case{"POST", "/rest/com/vmware/vcenter/ovf/library-item/id:x?~action=filter", 0},
        Case{"POST", "/rest/com/vmware/vcenter/ovf/library-item/id:x?~action=deploy", 1},
        Case{"GET", "/api/vcenter/guest/customization-specs", 2},
        Case{"GET", "/api/appliance/system/version", 3},
        Case{"GET", "/rest/appliance/access/ssh", 3},
        Case{"GET", "/api/vcenter/certificate-management/vcenter/tls", 3},
        Case{"POST", "/api/vcenter/tokenservice/token-exchange", 3},
        Case{"GET", "/api/vcenterx/vm", 3},
        Case{"GET", "/api/vcenter", 3},
        Case{"GET", "/api/com/vmware/cis/session", 3},
        Case{"POST", "/api/session", 0},
        Case{"GET", "/api/session", 0},
        Case{"DELETE", "/api/session", 0},
        Case{"PUT", "/api/session", 3},
        Case{"POST", "/api/session?action=x", 3}));

TEST(CanonicalPath, DecodesOnceAndKeepsTheRest) {
    EXPECT_EQ(*canonicalPath("/api/a%3Ab%20c"), "/api/a:b c");
    EXPECT_FALSE(canonicalPath("/api/%2561"));
    EXPECT_FALSE(canonicalPath("/api/a;b"));
    EXPECT_FALSE(canonicalPath("api"));
}

}  // namespace
}  // namespace pcg::proxy

// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy.h"

#include "test/support/fake_clock.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/method_tables.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pcg::proxy {
namespace {

SoapCall vimCall(std::string method, ManagedObject object = {"VirtualMachine", "vm-1"}) {
    return {std::string(kVimNamespace), std::move(method), std::move(object)};
}

TEST(MethodTables, AreSortedAndWithoutDoubles) {
    for (const auto table : {methods::inventory(),
                             methods::deploy(),
                             methods::never(),
                             methods::virtualMachineOnly()}) {
        EXPECT_TRUE(std::is_sorted(table.begin(), table.end()));
        EXPECT_EQ(std::adjacent_find(table.begin(), table.end()), table.end());
    }
}

TEST(MethodTables, NeverAllowWhatIsNeverAllowed) {
    for (const auto name : methods::never()) {
        EXPECT_FALSE(methods::contains(methods::inventory(), name)) << name;
        EXPECT_FALSE(methods::contains(methods::deploy(), name)) << name;
    }
}

TEST(MethodTables, GiveEachRoleWhatTheOneBeforeItHas) {
    for (const auto name : methods::inventory()) {
        const auto call = vimCall(std::string(name));
        EXPECT_TRUE(methods::isAllowed(Role::Inventory, call)) << name;
        EXPECT_TRUE(methods::isAllowed(Role::Deploy, call)) << name;
        EXPECT_TRUE(methods::isAllowed(Role::Full, call)) << name;
    }
    for (const auto name : methods::deploy()) {
        const auto call = vimCall(std::string(name));
        EXPECT_FALSE(methods::isAllowed(Role::Inventory, call)) << name;
        EXPECT_TRUE(methods::isAllowed(Role::Deploy, call)) << name;
        EXPECT_TRUE(methods::isAllowed(Role::Full, call)) << name;
    }
}

class PolicyTest : public testing::Test {
  protected:
    std::optional<SessionUse> sessionOf(Role role) {
        const Principal principal{
            wire::AccessKeyId::unchecked("ak_1"), wire::EndpointId::unchecked("ep_1"), role};
        return SessionUse(std::make_shared<Session>(principal), clock_);
    }

    Result<AuthorizedRequest> ask(Role role, SoapCall call, EndpointPolicy policy = {}) {
        FixedPolicy source(std::move(policy));
        return Policy(source).authorizeCall(
            {Surface::Soap, "/sdk", {}}, std::move(call), sessionOf(role));
    }

    Result<AuthorizedRequest> askWithoutSession(SoapCall call) {
        FixedPolicy source;
        return Policy(source).authorizeCall(
            {Surface::Soap, "/sdk", {}}, std::move(call), std::nullopt);
    }

    Result<AuthorizedRequest> askFile(Role role, std::string path, EndpointPolicy policy = {}) {
        FixedPolicy source(std::move(policy));
        const RequestTarget target{Surface::Folder, "/folder/" + path, path};
        return Policy(source).authorizeFile(target, "PUT", sessionOf(role));
    }

    pcg::test::FakeClock clock_;
};

TEST_F(PolicyTest, LetsOnlyTheRoleFullNameAnotherVcenter) {
    FixedPolicy source;
    policy::Arguments arguments;
    arguments.elsewhere = true;
    const auto may = [&](Role role, std::string method) {
        return Policy(source)
            .authorizeCall({Surface::Soap, "/sdk", {}},
                           vimCall(std::move(method)),
                           sessionOf(role),
                           {},
                           &arguments)
            .has_value();
    };
    for (const auto* method : {"CloneVM_Task", "RelocateVM_Task", "InstantClone_Task"}) {
        EXPECT_FALSE(may(Role::Deploy, method)) << method;
        EXPECT_TRUE(may(Role::Full, method)) << method;
    }
}

TEST_F(PolicyTest, DecidesAboutTheServicesBesideByTheirOwnTables) {
    struct Beside {
        const char* space;
        const char* method;
        int least;  // 3: nobody
    };

    for (const auto& [space, method, least] :
         {Beside{"urn:sms", "QueryStorageManager", 0},
          Beside{"urn:sms", "RegisterProvider_Task", 3},
          Beside{"urn:vslm", "RetrieveContent", 0},
          Beside{"urn:vslm", "VslmCreateDisk_Task", 1},
          Beside{"urn:vslm", "VslmDeleteVStorageObject_Task", 2},
          Beside{"urn:vslm", "VslmLoginByToken", 3},
          Beside{"urn:vsan", "VsanQueryVcClusterHealthSummary", 0},
          Beside{"urn:vsan", "VsanClusterReconfig", 2},
          Beside{"urn:vsan", "RetrieveContent", 3}}) {
        for (const auto role : {Role::Inventory, Role::Deploy, Role::Full}) {
            EXPECT_EQ(methods::isAllowed(role, {space, method, {"T", "x"}}),
                      static_cast<int>(role) >= least)
                << method << " as " << roleName(role);
        }
    }
}

TEST_F(PolicyTest, OpensTheWayInToEverybody) {
    EXPECT_TRUE(askWithoutSession(vimCall("RetrieveServiceContent")));
    EXPECT_TRUE(askWithoutSession(vimCall("Login")));
    EXPECT_TRUE(askWithoutSession({"urn:internalvim25", "RetrieveInternalContent", {"T", "i"}}));
}

TEST_F(PolicyTest, AsksForALoginBeforeAnythingElse) {
    for (const auto* method : {"CurrentTime", "RetrieveProperties", "Logout", "NoSuchMethod"}) {
        const auto request = askWithoutSession(vimCall(method));
        ASSERT_FALSE(request);
        EXPECT_TRUE(request.error().is(errc::kNotAuthenticated)) << method;
    }
}

TEST_F(PolicyTest, DoesNotTakeALoginOfAnotherNamespaceForOne) {
    for (const auto* name_space : {"urn:internalvim25", "urn:pbm"}) {
        EXPECT_FALSE(askWithoutSession({name_space, "Login", {"SessionManager", "x"}}));
    }
    EXPECT_FALSE(ask(Role::Full, {"urn:internalvim25", "Login", {"SessionManager", "x"}}));
}

TEST_F(PolicyTest, LetsInventoryReadAndNothingElse) {
    EXPECT_TRUE(ask(Role::Inventory, vimCall("RetrievePropertiesEx")));
    EXPECT_TRUE(ask(Role::Inventory, vimCall("WaitForUpdatesEx")));
    for (const auto* method :
         {"PowerOffVM_Task", "CloneVM_Task", "Destroy_Task", "Rename_Task", "NoSuchMethod"}) {
        const auto request = ask(Role::Inventory, vimCall(method));
        ASSERT_FALSE(request);
        EXPECT_TRUE(request.error().is(errc::kMethodDenied)) << method;
    }
}

TEST_F(PolicyTest, LetsDeployMakeAndDestroyMachines) {
    EXPECT_TRUE(ask(Role::Deploy, vimCall("CloneVM_Task")));
    EXPECT_TRUE(ask(Role::Deploy, vimCall("Destroy_Task")));
    EXPECT_FALSE(ask(Role::Deploy, vimCall("NoSuchMethod")));
    EXPECT_FALSE(ask(Role::Deploy, vimCall("EnterMaintenanceMode_Task")));
}

TEST_F(PolicyTest, DoesNotLetDeployDestroyWhatHoldsMachines) {
    for (const ManagedObject& object : {ManagedObject{"Folder", "group-v3"},
                                        ManagedObject{"Datacenter", "datacenter-2"},
                                        ManagedObject{"VirtualMachine", "group-v3"},
                                        ManagedObject{"", "vm-1"}}) {
        EXPECT_FALSE(ask(Role::Deploy, vimCall("Destroy_Task", object))) << object.id;
        EXPECT_TRUE(ask(Role::Full, vimCall("Destroy_Task", object))) << object.id;
    }
}

TEST_F(PolicyTest, LetsFullDoWhatNoTableNames) {
    EXPECT_TRUE(ask(Role::Full, vimCall("NoSuchMethod")));
}

TEST_F(PolicyTest, LetsNobodyInByAnotherWayThanAnAccessKey) {
    for (const auto* method : {"LoginByToken",
                               "LoginExtensionByCertificate",
                               "LoginExtensionBySubjectName",
                               "ImpersonateUser",
                               "CloneSession",
                               "AcquireCloneTicket",
                               "LoginBySSPI",
                               "TerminateSession"}) {
        for (const auto& name_space : {kVimNamespace, kInternalVimNamespace, kPbmNamespace}) {
            const SoapCall call{std::string(name_space), method, {"SessionManager", "x"}};
            EXPECT_FALSE(ask(Role::Full, call)) << method;
            EXPECT_FALSE(askWithoutSession(call)) << method;
        }
    }
}

TEST_F(PolicyTest, KeepsEachNamespaceToItsPath) {
    EXPECT_FALSE(ask(Role::Full, {"urn:pbm", "PbmQueryProfile", {"T", "i"}}));
    FixedPolicy source;
    const RequestTarget pbm{Surface::Pbm, "/pbm/sdk", {}};
    EXPECT_FALSE(Policy(source).authorizeCall(pbm, vimCall("CurrentTime"), sessionOf(Role::Full)));
    EXPECT_TRUE(Policy(source).authorizeCall(
        pbm, {"urn:pbm", "PbmQueryProfile", {"T", "i"}}, sessionOf(Role::Inventory)));
    EXPECT_FALSE(Policy(source).authorizeCall(
        pbm, {"urn:pbm", "PbmDelete", {"T", "i"}}, sessionOf(Role::Deploy)));
}

TEST_F(PolicyTest, HoldsEveryKeyToTheCeilingOfTheEndpoint) {
    EndpointPolicy policy;
    policy.ceiling = Role::Inventory;

    EXPECT_FALSE(ask(Role::Full, vimCall("PowerOffVM_Task"), policy));
    EXPECT_TRUE(ask(Role::Full, vimCall("CurrentTime"), policy));
}

TEST_F(PolicyTest, RefusesWhatTheAdminSwitchedOff) {
    EndpointPolicy policy;
    policy.denied_methods = {"CloneVM_Task"};

    EXPECT_FALSE(ask(Role::Full, vimCall("CloneVM_Task"), policy));
    EXPECT_TRUE(ask(Role::Full, vimCall("PowerOffVM_Task"), policy));
}

TEST_F(PolicyTest, OpensFilesByRole) {
    EXPECT_TRUE(askFile(Role::Full, "anything/x.vmdk"));
    EXPECT_TRUE(askFile(Role::Deploy, "pcg/x.iso"));
    EXPECT_FALSE(askFile(Role::Deploy, "other/x.vmdk"));
    EXPECT_FALSE(askFile(Role::Deploy, "pcg-not/x"));
    EXPECT_FALSE(askFile(Role::Inventory, "pcg/x.iso"));
}

TEST_F(PolicyTest, OpensNoFileToDeployIfThereIsNoFolderForIt) {
    EndpointPolicy policy;
    policy.deploy_folder_prefix.clear();

    EXPECT_FALSE(askFile(Role::Deploy, "pcg/x.iso", policy));
    EXPECT_FALSE(askFile(Role::Deploy, "", policy));
}

TEST_F(PolicyTest, OpensTheVersionFilesToEverybodyAndOtherFilesToNobodyUnknown) {
    FixedPolicy source;
    const Policy policy(source);

    EXPECT_TRUE(policy.authorizeFile(
        {Surface::Versions, "/sdk/vimServiceVersions.xml", {}}, "GET", std::nullopt));
    const auto file =
        policy.authorizeFile({Surface::Folder, "/folder/x", "x"}, "GET", std::nullopt);
    ASSERT_FALSE(file);
    EXPECT_TRUE(file.error().is(errc::kNotAuthenticated));
}

}  // namespace
}  // namespace pcg::proxy

// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/method_tables.h"

#include <algorithm>
#include <array>

namespace pcg::proxy::methods {
namespace {

// Sorted: looked up by bisection, and a test checks the order. clang-format would put one a line.
// clang-format off
constexpr std::array<std::string_view, 65> kInventory{
    "CancelRetrievePropertiesEx", "CancelWaitForUpdates", "CheckForUpdates",
    "CloseInventoryViewFolder", "ContinueRetrievePropertiesEx", "CreateCollectorForEvents",
    "CreateCollectorForTasks", "CreateContainerView", "CreateFilter", "CreateInventoryView",
    "CreateListView", "CreateListViewFromView", "CreatePropertyCollector", "CurrentTime",
    "DestroyCollector", "DestroyPropertyCollector", "DestroyPropertyFilter", "DestroyView",
    "FetchUserPrivilegeOnEntities", "FindAllByDnsName", "FindAllByIp", "FindAllByUuid",
    "FindByDatastorePath", "FindByDnsName", "FindByInventoryPath", "FindByIp", "FindByUuid",
    "FindChild", "HasPrivilegeOnEntities", "HasPrivilegeOnEntity", "Login", "Logout",
    "ModifyListView", "OpenInventoryViewFolder", "QueryAvailablePerfMetric", "QueryConfigOption",
    "QueryConfigOptionDescriptor", "QueryConfigOptionEx", "QueryConfigTarget", "QueryEvents",
    "QueryOptions", "QueryPerf", "QueryPerfComposite", "QueryPerfCounter",
    "QueryPerfCounterByLevel", "QueryPerfProviderSummary", "QueryTargetCapabilities",
    "ReadNextEvents", "ReadNextTasks", "ReadPreviousEvents", "ReadPreviousTasks", "ResetCollector",
    "ResetListView", "ResetListViewFromView", "RetrieveProperties", "RetrievePropertiesEx",
    "RetrieveServiceContent", "RewindCollector", "SearchDatastoreSubFolders_Task",
    "SearchDatastore_Task", "SessionIsActive", "SetCollectorPageSize", "SetLocale",
    "WaitForUpdates", "WaitForUpdatesEx"};

constexpr std::array<std::string_view, 44> kDeploy{
    "AddCustomFieldDef", "AnswerVM", "CancelTask", "CheckCustomizationSpec", "CloneVM_Task",
    "CopyVirtualDisk_Task", "CreateFolder", "CreateImportSpec", "CreateSnapshotEx_Task",
    "CreateSnapshot_Task", "CreateVM_Task", "CustomizeVM_Task", "Destroy_Task",
    "HttpNfcLeaseAbort", "HttpNfcLeaseComplete", "HttpNfcLeaseGetManifest", "HttpNfcLeaseProgress",
    "ImportVApp", "InstantClone_Task", "MakeDirectory", "MarkAsTemplate", "MarkAsVirtualMachine",
    "MoveIntoFolder_Task", "ParseDescriptor", "PowerOffVM_Task", "PowerOnMultiVM_Task",
    "PowerOnVM_Task", "RebootGuest", "RecommendDatastores", "ReconfigVM_Task", "RelocateVM_Task",
    "RemoveAllSnapshots_Task", "RemoveSnapshot_Task", "Rename_Task", "ResetVM_Task",
    "RevertToCurrentSnapshot_Task", "RevertToSnapshot_Task", "SetField", "ShutdownGuest",
    "StandbyGuest", "SuspendVM_Task", "UnregisterVM", "UpgradeVM_Task", "setCustomValue"};

constexpr std::array<std::string_view, 2> kVirtualMachineOnly{
    "Destroy_Task", "Rename_Task"};

// Logging in by another way than a user name and a password; who may do what on the vCenter; licences,
// extensions, local accounts; the hosts themselves; keys and certificates; processes and files of guests
// beside transfers; what would run something later under the gateway's own account.
constexpr std::array<std::string_view, 171> kNever{
    "AcquireCimServicesTicket", "AcquireCloneTicket", "AcquireCredentialsInGuest",
    "AcquireGenericServiceTicket", "AcquireLocalTicket", "AcquireMksTicket",
    "AddAuthorizationRole", "AddGuestAlias", "AddHost_Task", "AddKey", "AddKeys", "AddLicense",
    "AddStandaloneHost_Task", "AssignUserToGroup", "BrowseDiagnosticLog",
    "CertMgrRefreshCACertificatesAndCRLs_Task", "CertMgrRefreshCertificates_Task",
    "CertMgrRevokeCertificates_Task", "ChangeAccessMode", "ChangeFileAttributesInGuest",
    "ChangeLockdownMode", "ChangePassword", "CheckHostPatch_Task", "CloneSession",
    "ConfigureLicenseSource", "ConfigurePowerPolicy", "CreateAlarm", "CreateGroup",
    "CreateObjectScheduledTask", "CreateRegistryKeyInGuest", "CreateScheduledTask",
    "CreateTemporaryDirectoryInGuest", "CreateTemporaryFileInGuest", "CreateUser",
    "DeleteDirectoryInGuest", "DeleteFileInGuest", "DeleteRegistryKeyInGuest",
    "DeleteRegistryValueInGuest", "DisableFeature", "DisableHyperThreading", "DisableRuleset",
    "DisableSmartCardAuthentication", "DisconnectHost_Task", "EnableFeature",
    "EnableHyperThreading", "EnableRuleset", "EnableSmartCardAuthentication", "EnterLockdownMode",
    "EnterMaintenanceMode_Task", "EnterStandbyMode_Task", "ExecuteSoap", "ExitLockdownMode",
    "ExitMaintenanceMode_Task", "GenerateCertificateSigningRequest",
    "GenerateCertificateSigningRequestByDn", "GenerateClientCsr", "GenerateKeyPair",
    "GenerateLogBundles_Task", "GenerateSelfSignedClientCert", "ImpersonateUser",
    "ImportCertificateForCAM_Task",
    "InstallHostPatchV2_Task", "InstallHostPatch_Task", "InstallServerCertificate",
    "InstallSmartCardTrustAnchor", "JoinDomainWithCAM_Task", "JoinDomain_Task",
    "LeaveCurrentDomain_Task", "ListFilesInGuest", "ListGuestAliases", "ListGuestMappedAliases",
    "ListKeys", "ListKmipServers", "ListProcessesInGuest", "ListRegistryKeysInGuest",
    "ListRegistryValuesInGuest", "LoginBySSLThumbprint", "LoginBySSPI", "LoginByToken",
    "LoginByTokenEx", "LoginExtension", "LoginExtensionByCertificate",
    "LoginExtensionBySubjectName", "MakeDirectoryInGuest", "MarkDefault", "MergePermissions",
    "MoveDirectoryInGuest", "MoveFileInGuest", "MoveHostInto_Task", "MoveInto_Task",
    "PowerDownHostToStandBy_Task", "PowerUpHostFromStandBy_Task", "PutUsbScanCodes",
    "QueryHostPatch_Task", "ReadEnvironmentVariableInGuest", "RebootHost_Task", "ReconfigureAlarm",
    "ReconfigureHostForDAS_Task", "ReconfigureScheduledTask", "ReconnectHost_Task",
    "RefreshFirewall", "RegisterExtension", "RegisterKmipServer", "ReleaseCredentialsInGuest",
    "RemoveAssignedLicense", "RemoveAuthorizationRole", "RemoveEntityPermission", "RemoveGroup",
    "RemoveGuestAlias", "RemoveGuestAliasByCert", "RemoveKey", "RemoveKeys", "RemoveKmipServer",
    "RemoveLicense", "RemoveLicenseLabel", "RemoveSmartCardTrustAnchor", "RemoveUser",
    "ReplaceCACertificatesAndCRLs", "ReplaceSmartCardTrustAnchors", "ResetEntityPermissions",
    "RestartService", "RetrieveClientCert", "RetrieveClientCsr", "RetrieveDynamicTypeManager",
    "RetrieveKmipServerCert", "RetrieveKmipServersStatus_Task", "RetrieveManagedMethodExecuter",
    "RetrieveSelfSignedClientCert", "RunScheduledTask", "ScanHostPatchV2_Task",
    "ScanHostPatch_Task", "SetEntityPermissions", "SetExtensionCertificate", "SetLicenseEdition",
    "SetPublicKey", "SetRegistryValueInGuest", "ShutdownHost_Task", "StageHostPatch_Task",
    "StartProgramInGuest", "StartService", "StopService", "TerminateProcessInGuest",
    "TerminateSession", "UnassignUserFromGroup", "UninstallHostPatch_Task", "UninstallService",
    "UnregisterExtension", "UpdateAssignedLicense", "UpdateAuthorizationRole",
    "UpdateDefaultPolicy", "UpdateExtension", "UpdateFlags", "UpdateIpmi", "UpdateKmipServer",
    "UpdateKmsSignedCsrClientCert", "UpdateLicense", "UpdateLicenseLabel",
    "UpdateLockdownExceptions", "UpdateOptions", "UpdatePassthruConfig", "UpdateRuleset",
    "UpdateSelfSignedClientCert", "UpdateServiceMessage", "UpdateServicePolicy",
    "UpdateSystemResources", "UpdateSystemSwapConfiguration", "UpdateSystemUsers", "UpdateUser",
    "UploadClientCert", "UploadKmipServerCert", "ValidateCredentialsInGuest"};
// clang-format on

// Policies are read through methods of these names (vSphere Storage Policy API).
constexpr std::array<std::string_view, 3> kPbmReading{"PbmCheck", "PbmQuery", "PbmRetrieve"};

// The services beside: what reads, by the beginning of its name; what makes machines' disks; and
// what nobody may. The rest is for the role full.
struct Service {
    std::string_view name_space;
    std::string_view all;  // every method begins so; empty: with anything
    std::span<const std::string_view> reading;
    std::span<const std::string_view> deploying;
    std::span<const std::string_view> never;
};

constexpr std::array<std::string_view, 1> kSmsReading{"Query"};
// Registering a provider gives it credentials of its own.
constexpr std::array<std::string_view, 3> kSmsNever{
    "RegisterProvider", "RemoveProvider", "UnregisterProvider"};
constexpr std::array<std::string_view, 5> kVslmReading{
    "RetrieveContent", "VslmList", "VslmQuery", "VslmRetrieve", "VslmFetch"};
constexpr std::array<std::string_view, 9> kVslmDeploying{"VslmAttach",
                                                         "VslmClone",
                                                         "VslmCreateDisk",
                                                         "VslmDetach",
                                                         "VslmExtend",
                                                         "VslmInflate",
                                                         "VslmRegisterDisk",
                                                         "VslmRename",
                                                         "VslmUpdateMetadata"};
constexpr std::array<std::string_view, 1> kVslmNever{"VslmLogin"};
constexpr std::array<std::string_view, 6> kVsanReading{
    "VSANVcGet", "VsanClusterGet", "VsanGet", "VsanPerfQuery", "VsanQuery", "VsanVcQuery"};

constexpr std::array<Service, 4> kServices{
    {{kPbmNamespace, "Pbm", kPbmReading, {}, {}},
     {kSmsNamespace, "", kSmsReading, {}, kSmsNever},
     {kVslmNamespace, "", kVslmReading, kVslmDeploying, kVslmNever},
     {kVsanNamespace, "V", kVsanReading, {}, {}}}};

bool startsWithOne(std::string_view name, std::span<const std::string_view> beginnings) {
    return std::any_of(beginnings.begin(), beginnings.end(), [&](std::string_view beginning) {
        return name.starts_with(beginning);
    });
}

bool isAllowedBeside(const Service& service, Role role, std::string_view method) {
    if (!method.starts_with(service.all) || startsWithOne(method, service.never)) return false;
    if (role == Role::Full || startsWithOne(method, service.reading)) return true;
    return role == Role::Deploy && startsWithOne(method, service.deploying);
}

// vCenter names its virtual machines so; the type alone is the client's word.
bool isVirtualMachine(const ManagedObject& object) {
    return object.type == "VirtualMachine" && object.id.starts_with("vm-");
}

}  // namespace

std::span<const std::string_view> inventory() { return kInventory; }

std::span<const std::string_view> deploy() { return kDeploy; }

std::span<const std::string_view> never() { return kNever; }

std::span<const std::string_view> virtualMachineOnly() { return kVirtualMachineOnly; }

bool contains(std::span<const std::string_view> sorted, std::string_view name) {
    return std::binary_search(sorted.begin(), sorted.end(), name);
}

// The namespace counts: a "Login" in another one is not the call that gets the credentials
// replaced.
bool isOpenToAll(const SoapCall& call) {
    if (call.name_space == kInternalVimNamespace) return call.method == "RetrieveInternalContent";
    return call.name_space == kVimNamespace &&
           (call.method == "Login" || call.method == "RetrieveServiceContent");
}

bool isAllowed(Role role, const SoapCall& call) {
    for (const auto& service : kServices) {
        if (call.name_space == service.name_space) {
            return isAllowedBeside(service, role, call.method);
        }
    }
    if (call.name_space == kInternalVimNamespace) return call.method == "RetrieveInternalContent";
    if (call.name_space != kVimNamespace || contains(kNever, call.method)) return false;
    if (role == Role::Full || contains(kInventory, call.method)) return true;
    if (role == Role::Inventory || !contains(kDeploy, call.method)) return false;
    return !contains(kVirtualMachineOnly, call.method) || isVirtualMachine(call.object);
}

}  // namespace pcg::proxy::methods

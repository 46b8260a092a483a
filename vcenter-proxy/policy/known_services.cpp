// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/known_methods.h"

#include <algorithm>
#include <array>
#include <vector>

namespace pcg::policy {
namespace {

// Sorted: a test checks it. clang-format would put one a line.
// clang-format off
constexpr std::array<std::string_view, 45> kSms{
    "FailoverReplicationGroup_Task", "PrepareFailoverReplicationGroup_Task", "PromoteReplicationGroup_Task",
    "QueryAboutInfo", "QueryActiveAlarm", "QueryArray", "QueryArrayAssociatedWithLun",
    "QueryAssociatedBackingStoragePool", "QueryDatastoreBackingPoolMapping", "QueryDatastoreCapability",
    "QueryDrsMigrationCapabilityForPerformance", "QueryDrsMigrationCapabilityForPerformanceEx", "QueryFaultDomain",
    "QueryFileSystemAssociatedWithArray", "QueryHostAssociatedWithLun", "QueryLunAssociatedWithArray",
    "QueryLunAssociatedWithPort", "QueryNfsDatastoreAssociatedWithFileSystem", "QueryPointInTimeReplica",
    "QueryPortAssociatedWithArray", "QueryPortAssociatedWithLun", "QueryPortAssociatedWithProcessor",
    "QueryProcessorAssociatedWithArray", "QueryProvider", "QueryProviderInfo", "QueryReplicationGroup",
    "QueryReplicationGroupInfo", "QueryReplicationPeer", "QuerySessionManager", "QuerySmsTaskInfo",
    "QuerySmsTaskResult", "QueryStorageContainer", "QueryStorageManager", "QueryVmfsDatastoreAssociatedWithLun",
    "RegisterProvider_Task", "ReverseReplicateGroup_Task", "SmsRefreshCACertificatesAndCRLs_Task",
    "SyncReplicationGroup_Task", "TestFailoverReplicationGroupStart_Task", "TestFailoverReplicationGroupStop_Task",
    "UnregisterProvider_Task", "VasaProviderReconnect_Task", "VasaProviderRefreshCertificate_Task",
    "VasaProviderRevokeCertificate_Task", "VasaProviderSync_Task"};

constexpr std::array<std::string_view, 46> kVslm{
    "RetrieveContent", "VslmAttachDisk_Task", "VslmAttachTagToVStorageObject", "VslmCancelTask",
    "VslmClearVStorageObjectControlFlags", "VslmCloneVStorageObject_Task", "VslmCreateDiskFromSnapshot_Task",
    "VslmCreateDisk_Task", "VslmCreateSnapshot_Task", "VslmDeleteSnapshot_Task", "VslmDeleteVStorageObject_Task",
    "VslmDetachTagFromVStorageObject", "VslmExtendDisk_Task", "VslmInflateDisk_Task",
    "VslmListTagsAttachedToVStorageObject", "VslmListVStorageObjectForSpec", "VslmListVStorageObjectsAttachedToTag",
    "VslmLoginByToken", "VslmLogout", "VslmQueryChangedDiskAreas", "VslmQueryDatastoreInfo",
    "VslmQueryGlobalCatalogSyncStatus", "VslmQueryGlobalCatalogSyncStatusForDatastore", "VslmQueryInfo",
    "VslmQueryTaskResult", "VslmReconcileDatastoreInventory_Task", "VslmRegisterDisk",
    "VslmRelocateVStorageObject_Task", "VslmRenameVStorageObject", "VslmRetrieveSnapshotDetails",
    "VslmRetrieveSnapshotInfo", "VslmRetrieveVStorageInfrastructureObjectPolicy", "VslmRetrieveVStorageObject",
    "VslmRetrieveVStorageObjectAssociations", "VslmRetrieveVStorageObjectMetadata",
    "VslmRetrieveVStorageObjectMetadataValue", "VslmRetrieveVStorageObjectState", "VslmRetrieveVStorageObjects",
    "VslmRevertVStorageObject_Task", "VslmScheduleReconcileDatastoreInventory", "VslmSetVStorageObjectControlFlags",
    "VslmSyncDatastore", "VslmUpdateVStorageInfrastructureObjectPolicy_Task",
    "VslmUpdateVStorageObjectMetadata_Task", "VslmUpdateVstorageObjectCrypto_Task",
    "VslmUpdateVstorageObjectPolicy_Task"};

constexpr std::array<std::string_view, 222> kVsan{
    "CnsAttachVolume", "CnsCreateVolume", "CnsDeleteVolume", "CnsDetachVolume", "CnsQueryVolume",
    "CnsUpdateVolumeMetadata", "DeleteIoInsightInstance", "FetchIsoDepotCookie", "GetVsanPerfDiagnosisResult",
    "GetVsanVumConfig", "InitializeDiskMappings", "MountPrecheck", "PerformVsanUpgradeEx",
    "PerformVsanUpgradePreflightAsyncCheck_Task", "PerformVsanUpgradePreflightCheckEx",
    "QueryClusterDataEfficiencyCapacityState", "QueryDiskMappings", "QueryIoInsightInstances",
    "QueryRemoteServerClusters", "QuerySharedWitnessClusterInfo", "QuerySharedWitnessCompatibility",
    "QuerySyncingVsanObjectsSummary", "QueryVsanCloudHealthStatus", "QueryVsanManagedDisks",
    "QueryVsanManagedStorageSpaceUsage", "RebuildDiskMapping", "RelayoutObjects", "RemoveDiskEx",
    "RemoveDiskMappingEx", "RenameIoInsightInstance", "RetrieveAllFlashCapabilities",
    "RetrieveSupportedVsanFormatVersion", "StartIoInsight", "StopIoInsight", "UnmountDiskMappingEx",
    "VSANIsWitnessVirtualAppliance", "VSANVcAddWitnessHost", "VSANVcConvertToStretchedCluster",
    "VSANVcGetPreferredFaultDomain", "VSANVcGetWitnessHosts", "VSANVcIsWitnessHost", "VSANVcRemoveWitnessHost",
    "VSANVcRetrieveStretchedClusterVcCapability", "VSANVcSetPreferredFaultDomain", "VosQueryVsanObjectInformation",
    "VosSetVsanObjectPolicy", "VsanAttachVsanSupportBundleToSr", "VsanCheckClusterClomdLiveness",
    "VsanClusterCreateFsDomain", "VsanClusterGetConfig", "VsanClusterGetHclInfo", "VsanClusterGetRuntimeStats",
    "VsanClusterQueryFileServiceHealthSummary", "VsanClusterQueryFileShares", "VsanClusterQueryFsDomains",
    "VsanClusterReconfig", "VsanClusterReconfigureFsDomain", "VsanClusterRemoveFsDomain", "VsanClusterRemoveShare",
    "VsanCompleteMigrateVmsToVds", "VsanCreateFileShare", "VsanDeleteObjects_Task",
    "VsanDownloadAndInstallVendorTool_Task", "VsanDownloadFileServiceOvf", "VsanDownloadHclFile_Task",
    "VsanEncryptedClusterRekey_Task", "VsanFindOvfDownloadUrl", "VsanFlashScsiControllerFirmware_Task",
    "VsanGetAboutInfoEx", "VsanGetCapabilities", "VsanGetHclConstraints", "VsanGetHclInfo",
    "VsanGetProactiveRebalanceInfo", "VsanGetReleaseRecommendation", "VsanGetResourceCheckStatus",
    "VsanHealthGetVsanClusterSilentChecks", "VsanHealthIsRebalanceRunning",
    "VsanHealthQueryVsanClusterHealthCheckInterval", "VsanHealthQueryVsanClusterHealthConfig",
    "VsanHealthQueryVsanProxyConfig", "VsanHealthRepairClusterObjectsImmediate", "VsanHealthSendVsanTelemetry",
    "VsanHealthSetLogLevel", "VsanHealthSetVsanClusterHealthCheckInterval", "VsanHealthSetVsanClusterSilentChecks",
    "VsanHealthSetVsanClusterTelemetryConfig", "VsanHealthTestVsanClusterTelemetryProxy", "VsanHostAbortWipeDisk",
    "VsanHostCancelResourceCheck", "VsanHostCleanupVmdkLoadTest", "VsanHostClomdLiveness",
    "VsanHostCreateVmHealthTest", "VsanHostGetRuntimeStats", "VsanHostPerformResourceCheck",
    "VsanHostPrepareVmdkLoadTest", "VsanHostQueryAdvCfg", "VsanHostQueryCheckLimits",
    "VsanHostQueryEncryptionHealthSummary", "VsanHostQueryFileServiceHealthSummary",
    "VsanHostQueryHealthSystemVersion", "VsanHostQueryHostInfoByUuids", "VsanHostQueryObjectHealthSummary",
    "VsanHostQueryPhysicalDiskHealthSummary", "VsanHostQueryRunIperfClient", "VsanHostQueryRunIperfServer",
    "VsanHostQuerySmartStats", "VsanHostQueryVerifyNetworkSettings", "VsanHostQueryWipeDisk",
    "VsanHostRepairImmediateObjects", "VsanHostRunVmdkLoadTest", "VsanHostUpdateFirmware", "VsanHostWipeDisk",
    "VsanMigrateVmsToVds", "VsanPerfCreateStatsObject", "VsanPerfCreateStatsObjectTask",
    "VsanPerfDeleteStatsObject", "VsanPerfDeleteStatsObjectTask", "VsanPerfDeleteTimeRange", "VsanPerfDiagnose",
    "VsanPerfDiagnoseTask", "VsanPerfGetAggregatedEntityTypes", "VsanPerfGetSupportedDiagnosticExceptions",
    "VsanPerfGetSupportedEntityTypes", "VsanPerfQueryClusterHealth", "VsanPerfQueryNodeInformation",
    "VsanPerfQueryPerf", "VsanPerfQueryStatsObjectInformation", "VsanPerfQueryTimeRanges", "VsanPerfSaveTimeRanges",
    "VsanPerfSetStatsObjectPolicy", "VsanPerfToggleVerboseMode", "VsanPerformFileServiceEnablePreflightCheck",
    "VsanPerformOnlineHealthCheck", "VsanPerformResourceCheck", "VsanPostConfigForVcsa", "VsanPrepareVsanForVcsa",
    "VsanPurgeHclFiles", "VsanQueryAllSupportedHealthChecks", "VsanQueryAttachToSrHistory",
    "VsanQueryClusterAdvCfgSync", "VsanQueryClusterCaptureVsanPcap", "VsanQueryClusterCheckLimits",
    "VsanQueryClusterCreateVmHealthTest", "VsanQueryClusterDrsStats", "VsanQueryClusterHealthSystemVersions",
    "VsanQueryClusterNetworkPerfTest", "VsanQueryClusterPhysicalDiskHealthSummary", "VsanQueryEntitySpaceUsage",
    "VsanQueryFileServiceOvfs", "VsanQueryHostDrsStats", "VsanQueryHostEMMState", "VsanQueryHostStatusEx",
    "VsanQueryInaccessibleVmSwapObjects", "VsanQueryObjectIdentities", "VsanQuerySpaceUsage",
    "VsanQuerySyncingVsanObjects", "VsanQueryUpgradeStatusEx", "VsanQueryVcClusterCreateVmHealthHistoryTest",
    "VsanQueryVcClusterCreateVmHealthTest", "VsanQueryVcClusterHealthSummary",
    "VsanQueryVcClusterHealthSummaryTask", "VsanQueryVcClusterNetworkPerfHistoryTest",
    "VsanQueryVcClusterNetworkPerfTask", "VsanQueryVcClusterNetworkPerfTest", "VsanQueryVcClusterObjExtAttrs",
    "VsanQueryVcClusterSmartStatsSummary", "VsanQueryVcClusterVmdkLoadHistoryTest",
    "VsanQueryVcClusterVmdkWorkloadTypes", "VsanQueryVerifyClusterNetworkSettings",
    "VsanQueryWhatIfEvacuationResult", "VsanRebalanceCluster", "VsanRebalanceFileService",
    "VsanReconfigureFileShare", "VsanRemediateVsanCluster", "VsanRemediateVsanHost",
    "VsanRepairClusterImmediateObjects", "VsanRetrieveProperties", "VsanRollbackVdsToVss",
    "VsanStartProactiveRebalance", "VsanStopProactiveRebalance", "VsanStopRebalanceCluster",
    "VsanUnmountDiskMappingEx", "VsanUpgradeFsvm", "VsanValidateConfigSpec", "VsanVcAddWitnessHostForClusters",
    "VsanVcClusterGetHclInfo", "VsanVcClusterQueryVerifyHealthSystemVersions", "VsanVcClusterRunVmdkLoadTest",
    "VsanVcReplaceWitnessHostForClusters", "VsanVcUpdateHclDbFromWeb", "VsanVcUploadHclDb", "VsanVcUploadReleaseDb",
    "VsanVcsaGetBootstrapProgress", "VsanVdsGetMigrationPlan", "VsanVdsMigrateVss", "VsanVibInstallPreflightCheck",
    "VsanVibInstall_Task", "VsanVibScan", "VsanVitAddIscsiInitiatorGroup", "VsanVitAddIscsiInitiatorsToGroup",
    "VsanVitAddIscsiInitiatorsToTarget", "VsanVitAddIscsiLUN", "VsanVitAddIscsiTarget",
    "VsanVitAddIscsiTargetToGroup", "VsanVitEditIscsiLUN", "VsanVitEditIscsiTarget", "VsanVitGetHomeObject",
    "VsanVitGetIscsiInitiatorGroup", "VsanVitGetIscsiInitiatorGroups", "VsanVitGetIscsiLUN", "VsanVitGetIscsiLUNs",
    "VsanVitGetIscsiTarget", "VsanVitGetIscsiTargets", "VsanVitQueryIscsiTargetServiceVersion",
    "VsanVitRemoveIscsiInitiatorGroup", "VsanVitRemoveIscsiInitiatorsFromGroup",
    "VsanVitRemoveIscsiInitiatorsFromTarget", "VsanVitRemoveIscsiLUN", "VsanVitRemoveIscsiTarget",
    "VsanVitRemoveIscsiTargetFromGroup", "VsanVssMigrateVds", "VsanWaitForVsanHealthGenerationIdChange"};
// clang-format on

std::vector<std::string_view> merged() {
    std::vector<std::string_view> all;
    for (const auto some : {vimMethods(), smsMethods(), vslmMethods(), vsanMethods()})
        all.insert(all.end(), some.begin(), some.end());
    std::sort(all.begin(), all.end());
    return all;
}

}  // namespace

std::span<const std::string_view> smsMethods() { return kSms; }

std::span<const std::string_view> vslmMethods() { return kVslm; }

std::span<const std::string_view> vsanMethods() { return kVsan; }

std::span<const std::string_view> knownMethods() {
    static const auto kAll = merged();
    return kAll;
}

}  // namespace pcg::policy

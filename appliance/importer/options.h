// SPDX-License-Identifier: Apache-2.0
// pcg-import's command line. Pure but for the environment that is handed in.
#pragma once

#include "common/base/result.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "appliance/importer/domain_xml.h"

namespace pcg::appliance {

struct ImportOptions {
    bool help = false;
    bool checkOnly = false;
    bool json = false;
    bool start = true;
    bool force = false;  // although a property is wrong
    bool allowUnsigned = false;
    std::string ova;
    std::string signerSha256;  // 64 hex digits; empty: any signer
    std::string signerCaFile;
    std::string connect;
    std::string propertiesFile;
    std::vector<std::pair<std::string, std::string>> properties;     // NAME, VALUE
    std::vector<std::pair<std::string, std::string>> propertyFiles;  // NAME, FILE
    unsigned cpus = 0;                                               // 0: as the OVA says
    unsigned memoryMib = 0;
    std::string diskFile;  // empty: beside libvirt's own
    std::string firmware;  // "", "bios", "uefi"
    NewMachine machine;    // name, network, serial log
};

// import.usage, with what was meant.
Result<ImportOptions> parseImportOptions(const std::vector<std::string>& arguments);

std::string importHelp();

}  // namespace pcg::appliance

// SPDX-License-Identifier: Apache-2.0
// What the data center's configuration says of uploads by reference; nothing is open unless it
// does.
#pragma once

#include "common/base/bytes.h"
#include "common/config/loader.h"
#include "gateway/upload/source_list.h"

#include <filesystem>

namespace pcg::gateway {

struct UploadConfig {
    upload::SourceList sources;
    std::filesystem::path caFile;  // authorities of https sources, beside the machine's own
    ByteCount cacheOctets = 0;     // on the disk
    ByteCount objectOctets = 0;    // of one object
};

std::vector<config::Key> uploadKeys();
Result<UploadConfig> uploadConfigFrom(const config::Settings& settings, std::string_view source);

}  // namespace pcg::gateway

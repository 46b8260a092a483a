// SPDX-License-Identifier: Apache-2.0
#include "gateway/upload/upload_config.h"

#include <algorithm>

#include <unistd.h>

namespace pcg::gateway {
namespace {

bool isReadable(const std::filesystem::path& file) { return ::access(file.c_str(), R_OK) == 0; }

}  // namespace

std::vector<config::Key> uploadKeys() {
    using config::Type;
    return {
        {.name = "upload_sources",
         .description =
             "From where uploads by reference may be fetched, for example "
             "`https://images.example.com/public/, 10.1.2.3:8443, http://10.1.2.4/iso/`: a host "
             "and "
             "port is https and every path. Loopback, link-local and the gateway's own addresses "
             "only when they are listed as addresses. Nowhere if it is not set: then there are no "
             "such uploads."},
        {.name = "upload_ca_file",
         .description = "PEM file of authorities of https sources, beside the machine's own."},
        {.name = "upload_cache_mib",
         .type = Type::Integer,
         .description = "How much of the disk the objects of uploads may take.",
         .fallback = "8192",
         .min = 16,
         .max = 16 * 1024 * 1024},
        {.name = "upload_object_mib",
         .type = Type::Integer,
         .description = "How large one of them may be; never more than the whole.",
         .fallback = "8192",
         .min = 1,
         .max = 16 * 1024 * 1024},
    };
}

Result<UploadConfig> uploadConfigFrom(const config::Settings& settings, std::string_view source) {
    UploadConfig made;
    auto sources = upload::SourceList::parse(settings.text("upload_sources"));
    if (!sources)
        return fail(config::badValue(source, "upload_sources", sources.error().message()));
    made.sources = std::move(*sources);
    made.caFile = settings.text("upload_ca_file");
    made.cacheOctets = static_cast<ByteCount>(settings.integer("upload_cache_mib")) * 1_MiB;
    made.objectOctets = std::min(
        made.cacheOctets, static_cast<ByteCount>(settings.integer("upload_object_mib")) * 1_MiB);
    if (!made.caFile.empty() && !isReadable(made.caFile)) {
        return fail(config::badValue(
            source, "upload_ca_file", "the file " + made.caFile.string() + " cannot be read."));
    }
    return made;
}

}  // namespace pcg::gateway

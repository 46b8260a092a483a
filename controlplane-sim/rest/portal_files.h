// SPDX-License-Identifier: Apache-2.0
// The portal's static files, read once at start and answered from memory.
//
// Files come from a map by their path below the folder: there is no path to traverse. `x.js.gz` and
// `x.js.br` are the compressed forms of `x.js`. Names with a content hash (esbuild's `-ABCD2345`)
// never change and are cached for ever; index.html is asked for each time, and answers every
// unknown path without a dot, because the pages have paths of their own. Every answer carries the
// content security policy. Immutable after load(); loop thread.
#pragma once

#include "common/http/exchange.h"

#include <filesystem>
#include <map>
#include <string>

namespace pcg::controlplane::rest {

class PortalFiles {
  public:
    static constexpr std::size_t kMaxFiles = 2000;
    static constexpr ByteCount kMaxBytes = 64_MiB;

    // No files: every path is answered with a 404 that says why.
    PortalFiles() = default;

    // portal.folder when it cannot be read, has no index.html, or holds far too much. Symbolic
    // links are left out.
    static Result<PortalFiles> load(const std::filesystem::path& folder);

    net::Task<void> serve(http::Exchange& exchange) const;

    std::size_t size() const { return files_.size(); }

  private:
    struct File {
        std::string type;
        std::string plain;
        std::string gzip;    // empty: there is none
        std::string brotli;  // likewise
        std::string etag;
        bool immutable = false;
        bool present = false;  // a compressed form alone is no file
    };

    const File* find(std::string_view path) const;
    static http::ResponseHead headOf(const File& file);

    std::map<std::string, File, std::less<>> files_;
};

}  // namespace pcg::controlplane::rest

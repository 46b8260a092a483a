// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/portal_files.h"

#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "common/http/problem.h"
#include "controlplane-sim/rest/etag.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

namespace pcg::controlplane::rest {
namespace {

namespace fs = std::filesystem;

constexpr ErrorCode kFolder{ErrorClass::Input, "portal.folder"};
constexpr std::string_view kIndex = "/index.html";
constexpr std::size_t kHashLength = 8;

constexpr auto kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

using Type = std::pair<std::string_view, std::string_view>;
constexpr std::array<Type, 12> kTypes{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
    {".wasm", "application/wasm"},
}};

std::string typeOf(std::string_view path) {
    for (const auto& [ending, type] : kTypes) {
        if (path.ends_with(ending)) return std::string(type);
    }
    return "application/octet-stream";
}

// "app-5XHDSA7K.js": what esbuild names by content.
bool hasContentHash(std::string_view path) {
    const auto dot = path.find('.', path.rfind('/') + 1);
    if (dot == std::string_view::npos || dot < kHashLength + 1) return false;
    const auto hash = path.substr(dot - kHashLength, kHashLength);
    return path[dot - kHashLength - 1] == '-' && std::all_of(hash.begin(), hash.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
           });
}

Result<std::string> contentsOf(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (stream.bad() || !stream.is_open())
        return fail(kFolder, "The portal's file " + file.string() + " cannot be read.");
    return text;
}

bool accepts(const http::HeaderList& headers, std::string_view coding) {
    const auto* value = headers.find("Accept-Encoding");
    if (value == nullptr) return false;
    for (const auto item : split(*value, ',')) {
        const auto parts = split(item, ';');
        if (!equalsIgnoreCaseAscii(trimAscii(parts.front()), coding)) continue;
        const auto weight = parts.size() > 1 ? trimAscii(parts[1]) : std::string_view("q=1");
        return weight.find_first_of("123456789") != std::string_view::npos;
    }
    return false;
}

void addSafety(http::HeaderList& headers) {
    headers.add("Content-Security-Policy", kPolicy);
    headers.add("X-Content-Type-Options", "nosniff");
    headers.add("Referrer-Policy", "no-referrer");
    headers.add("Cross-Origin-Opener-Policy", "same-origin");
    headers.add("Cross-Origin-Resource-Policy", "same-origin");
}

net::Task<void> refuseWith(http::Exchange& exchange, int status, std::string detail) {
    Refusal refusal(status, "http.not_found", std::move(detail));
    http::ResponseHead head;
    head.status = status;
    if (status == 405) {
        refusal.code = "http.method_not_allowed";
        head.headers.add("Allow", "GET, HEAD");
    }
    head.headers.add("Content-Type", "application/problem+json");
    head.headers.add("Cache-Control", "no-store");
    addSafety(head.headers);
    const auto body = problemText(refusal);
    const BytesView octets = asBytes(body);
    [[maybe_unused]] const auto sent =
        co_await http::respondWhole(exchange, std::move(head), octets);
}

}  // namespace

Result<PortalFiles> PortalFiles::load(const fs::path& folder) {
    PortalFiles files;
    ByteCount total = 0;
    std::error_code error;
    fs::recursive_directory_iterator entries(folder, error);
    for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
        if (entries->is_symlink() || !entries->is_regular_file()) continue;
        auto text = PCG_TRY(contentsOf(entries->path()));
        total += text.size();
        if (total > kMaxBytes || files.files_.size() >= kMaxFiles) {
            return fail(kFolder,
                        "The portal's folder " + folder.string() +
                            " holds more than a portal does: is it the right one?");
        }
        auto name = "/" + fs::relative(entries->path(), folder).generic_string();
        const bool gzip = name.ends_with(".gz");
        const bool brotli = name.ends_with(".br");
        if (gzip || brotli) name.resize(name.size() - 3);
        auto& file = files.files_[name];
        if (gzip) {
            file.gzip = std::move(text);
            continue;
        }
        if (brotli) {
            file.brotli = std::move(text);
            continue;
        }
        file.present = true;
        file.type = typeOf(name);
        file.immutable = hasContentHash(name);
        file.etag = '"' + toHex(BytesView(crypto::sha256(text)).first(12)) + '"';
        file.plain = std::move(text);
    }
    if (error) {
        return fail(
            kFolder,
            "The portal's folder " + folder.string() + " cannot be read: " + error.message() + ".");
    }
    std::erase_if(files.files_, [](const auto& entry) { return !entry.second.present; });
    if (!files.files_.contains(kIndex)) {
        return fail(kFolder,
                    "The portal's folder " + folder.string() +
                        " has no index.html: name the folder that the portal was built into.");
    }
    return files;
}

const PortalFiles::File* PortalFiles::find(std::string_view path) const {
    auto found = files_.find(path == "/" ? kIndex : path);
    const auto last = path.substr(path.rfind('/') + 1);
    if (found == files_.end() && last.find('.') == std::string_view::npos)
        found = files_.find(kIndex);
    return found == files_.end() ? nullptr : &found->second;
}

http::ResponseHead PortalFiles::headOf(const File& file) {
    http::ResponseHead head;
    head.headers.add("Content-Type", file.type);
    head.headers.add("Cache-Control",
                     file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
    head.headers.add("ETag", file.etag);
    head.headers.add("Vary", "Accept-Encoding");
    addSafety(head.headers);
    return head;
}

net::Task<void> PortalFiles::serve(http::Exchange& exchange) const {
    const auto& request = exchange.request();
    if (request.method != "GET" && request.method != "HEAD")
        co_return co_await refuseWith(exchange, 405, "This path answers GET and HEAD only.");
    const auto* file = find(request.path());
    if (file == nullptr) {
        co_return co_await refuseWith(exchange,
                                      404,
                                      files_.empty()
                                          ? "No portal is installed here; the API is below /api/v1."
                                          : "There is no such file; check the URL.");
    }
    auto head = headOf(*file);
    if (clientHas(request.headers, file->etag)) {
        head.status = 304;
        const BytesView nothing;
        [[maybe_unused]] const auto sent =
            co_await http::respondWhole(exchange, std::move(head), nothing);
        co_return;
    }
    const std::string* body = &file->plain;
    if (!file->brotli.empty() && accepts(request.headers, "br")) {
        body = &file->brotli;
        head.headers.add("Content-Encoding", "br");
    } else if (!file->gzip.empty() && accepts(request.headers, "gzip")) {
        body = &file->gzip;
        head.headers.add("Content-Encoding", "gzip");
    }
    const BytesView octets = asBytes(*body);
    [[maybe_unused]] const auto sent =
        co_await http::respondWhole(exchange, std::move(head), octets);
}

}  // namespace pcg::controlplane::rest

// SPDX-License-Identifier: Apache-2.0
// Uploads by reference in the daemon: made from the configuration, and told of.
#include "gateway/app.h"

#include <fstream>

namespace pcg::gateway {
namespace {

constexpr auto kMachineAuthorities = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::size_t kMaxPem = 4 * 1024 * 1024;

// Empty if it cannot be read.
std::string textOf(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::string text(kMaxPem, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.is_open() || in.bad()) return {};
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

// The authorities of https sources: the machine's, and the file's. Nothing if there are none.
Result<std::optional<net::TlsClientContext>> trustOf(const UploadConfig& config) {
    if (config.sources.empty()) return std::optional<net::TlsClientContext>();
    auto pem = textOf(kMachineAuthorities);
    if (!config.caFile.empty()) pem += "\n" + textOf(config.caFile);
    if (pem.empty()) return std::optional<net::TlsClientContext>();
    return std::optional(PCG_TRY(net::TlsClientContext::create(net::TrustCa{std::move(pem)})));
}

}  // namespace

Result<> App::makeUploads() {
    auto trust = PCG_TRY(trustOf(config_.uploads));
    uploadFiles_ = std::make_unique<upload::FileThread>();
    upload::Cache::Limits limits;
    limits.total = config_.uploads.cacheOctets;
    limits.object = config_.uploads.objectOctets;
    uploadCache_ =
        std::make_unique<upload::Cache>(*uploadFiles_, config_.stateDir / "uploads", limits);
    auto names = std::make_shared<proxy::RoutedTunnels>(outside_);
    uploadSources_ = std::make_unique<upload::DialledSources>(
        loop_, config_.uploads.sources, std::move(names), std::move(trust), outside_);
    uploads_ = std::make_unique<upload::Uploads>(
        upload::Uploads::Parts{.loop = loop_,
                               .clock = clock_,
                               .random = random_,
                               .state = *state_,
                               .service = *service_,
                               .keys = *uploadKeys_,
                               .policy = *policy_,
                               .endpoints = *directory_,
                               .audit = *audit_,
                               .sources = config_.uploads.sources,
                               .dial = *uploadSources_,
                               .cache = *uploadCache_,
                               .changed = [this] { uploadsChanged(); }});
    uploadApi_ = std::make_unique<upload::UploadApi>(*uploads_);
    return {};
}

void App::uploadsChanged() {
    if (session_) session_->uploadsChanged();
}

}  // namespace pcg::gateway

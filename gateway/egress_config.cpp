// SPDX-License-Identifier: Apache-2.0
#include "gateway/egress_config.h"

#include "common/net/errc.h"

#include <array>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace pcg::gateway {
namespace {

using config::badValue;

constexpr std::size_t kMaxCredentials = 4096;
constexpr std::string_view kAllowPairing = "allow-pairing";

tl::unexpected<Error> badFile(const std::filesystem::path& file, const std::string& why) {
    return fail(net::kBadAddress, "the file " + file.string() + " " + why);
}

class Descriptor {
  public:
    explicit Descriptor(int descriptor) : descriptor_(descriptor) {}

    ~Descriptor() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int get() const { return descriptor_; }

  private:
    int descriptor_;
};

Result<> checkProxyFiles(const EgressConfig& made, std::string_view source) {
    if (made.proxy->tls == made.proxyCaFile.empty())
        return fail(badValue(source,
                             "proxy_ca_file",
                             made.proxy->tls
                                 ? "is required for an https:// proxy: the PEM file of the "
                                   "authority that signs its certificate."
                                 : "is for an https:// proxy; proxy_url begins with http://."));
    if (const auto read = readProxyCredentials(made.proxyCredentialsFile); !read)
        return fail(badValue(source, "proxy_credentials_file", read.error().message()));
    if (!made.proxy->tls) return {};
    if (const auto trust = trustAuthoritiesIn(made.proxyCaFile); !trust)
        return fail(badValue(
            source, "proxy_ca_file", made.proxyCaFile.string() + ": " + trust.error().message()));
    return {};
}

Result<> readInspection(EgressConfig& made,
                        const config::Settings& settings,
                        std::string_view source) {
    made.inspectionCaFile = settings.text("tls_inspection_ca_file");
    if (settings.text("tls_inspection") == kAllowPairing)
        made.inspection = TlsInspection::AllowPairing;
    const bool allowed = made.inspection == TlsInspection::AllowPairing;
    if (allowed == made.inspectionCaFile.empty())
        return fail(badValue(source,
                             "tls_inspection_ca_file",
                             allowed
                                 ? "is required with tls_inspection allow-pairing: the PEM file "
                                   "of the inspecting box's own authority."
                                 : "is of no effect; set tls_inspection to allow-pairing, or "
                                   "remove it."));
    if (!allowed) return {};
    if (const auto trust = trustAuthoritiesIn(made.inspectionCaFile); !trust)
        return fail(badValue(source,
                             "tls_inspection_ca_file",
                             made.inspectionCaFile.string() + ": " + trust.error().message()));
    return {};
}

}  // namespace

std::vector<config::Key> egressKeys() {
    return {
        {.name = "egress_socket",
         .description = "Unix socket of `pcg-egress`, which then makes every connection outside, "
                        "to what it was configured with. The gateway makes them itself if it is "
                        "not set."},
        {.name = "proxy_url",
         .description = "HTTP proxy through which control plane and bus are reached: "
                        "`http://HOST[:PORT]` or `https://HOST[:PORT]`. Directly if it is not "
                        "set. Endpoints never go through it."},
        {.name = "proxy_credentials_file",
         .description = "File with `USER:PASSWORD` for the proxy in its first line (Basic). "
                        "Nobody else may read it."},
        {.name = "proxy_ca_file",
         .description = "PEM file of the authority that signs the proxy's own certificate; "
                        "required for an `https://` proxy."},
        {.name = "proxy_exceptions",
         .description = "Reached without the proxy: hosts, `.suffixes` and networks, separated by "
                        "commas, for example `pair.example.com,.corp.example,10.0.0.0/8`."},
        {.name = "tls_inspection",
         .type = config::Type::Choice,
         .description = "What a box may do that inspects TLS on the way to the control plane: "
                        "nothing, or read along while the gateway pairs. Renewals and the bus are "
                        "never inspected.",
         .fallback = "deny",
         .choices = {"deny", kAllowPairing}},
        {.name = "tls_inspection_ca_file",
         .description = "PEM file of that box's authority; required with `allow-pairing`."},
    };
}

Result<Secret> readProxyCredentials(const std::filesystem::path& file) {
    if (file.empty()) return Secret();
    const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat about{};
    if (opened.get() < 0 || ::fstat(opened.get(), &about) != 0)
        return badFile(file, "cannot be read.");
    if (!S_ISREG(about.st_mode)) return badFile(file, "is not a file.");
    if ((about.st_mode & S_IRWXO) != 0)
        return badFile(file, "can be read by everybody: chmod 600 it.");
    std::array<char, kMaxCredentials> text{};
    const auto size = ::read(opened.get(), text.data(), text.size());
    auto value = net::basicAuthorization(
        {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))});
    wipe(MutableBytes(reinterpret_cast<std::uint8_t*>(text.data()), text.size()));
    if (!value) return badFile(file, "is of no use: " + value.error().message());
    return value;
}

Result<net::TlsClientContext> trustAuthoritiesIn(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::string pem{std::istreambuf_iterator<char>(in), {}};
    return net::TlsClientContext::create(net::TrustCa{std::move(pem)});
}

Result<EgressConfig> egressConfigFrom(const config::Settings& settings, std::string_view source) {
    EgressConfig made;
    made.socket = settings.text("egress_socket");
    if (!made.socket.empty() && !made.socket.is_absolute())
        return fail(badValue(source, "egress_socket", "must be an absolute path."));
    if (made.socket.native().size() >= sizeof(sockaddr_un::sun_path) - 1)
        return fail(badValue(source, "egress_socket", "is too long for the path of a socket."));
    PCG_TRY(readInspection(made, settings, source));
    made.proxyCredentialsFile = settings.text("proxy_credentials_file");
    made.proxyCaFile = settings.text("proxy_ca_file");
    auto exceptions = net::ProxyExceptions::parse(settings.text("proxy_exceptions"));
    if (!exceptions)
        return fail(badValue(source, "proxy_exceptions", exceptions.error().message()));
    made.proxyExceptions = std::move(*exceptions);
    const auto& url = settings.text("proxy_url");
    if (url.empty()) {
        for (const auto* key : {"proxy_credentials_file", "proxy_ca_file", "proxy_exceptions"})
            if (!settings.text(key).empty())
                return fail(badValue(source, key, "needs proxy_url, the proxy's address."));
        return made;
    }
    auto proxy = net::parseProxyUrl(url);
    if (!proxy) return fail(badValue(source, "proxy_url", proxy.error().message()));
    made.proxy = std::move(*proxy);
    PCG_TRY(checkProxyFiles(made, source));
    return made;
}

}  // namespace pcg::gateway

// SPDX-License-Identifier: Apache-2.0
#include "gateway/health/warnings.h"

#include "common/base/assert.h"

#include <algorithm>
#include <array>

namespace pcg::gateway {
namespace {

constexpr std::array kTable{
    WarningText{WarningCode::ControlplaneUnreachable,
                "controlplane_unreachable",
                Severity::Critical,
                "The control plane does not answer",
                "Check DNS, the firewall and controlplane_url; the gateway keeps trying."},
    WarningText{WarningCode::ControlplaneUntrusted,
                "controlplane_untrusted",
                Severity::Critical,
                "The control plane's certificate is not the expected one",
                "If a firewall inspects TLS, exempt the control plane's host and port from it. "
                "Otherwise check "
                "controlplane_ca_file or controlplane_root_sha256."},
    WarningText{WarningCode::TlsIntercepted,
                "tls_intercepted",
                Severity::Critical,
                "Something on the way intercepts TLS",
                "Have the named host and port allowed without TLS inspection in the firewall or "
                "proxy. tls_inspection can let it read the pairing, never the bus. If nothing "
                "inspects, check controlplane_ca_file or controlplane_root_sha256."},
    WarningText{WarningCode::NotPaired,
                "not_paired",
                Severity::Note,
                "This gateway belongs to no tenant yet",
                "Show the code with: pcgctl pairing show. The tenant types it."},
    WarningText{WarningCode::PairingCooldown,
                "pairing_cooldown",
                Severity::Warning,
                "Too many wrong pairing codes",
                "Find out who tries. A new code comes after the pause."},
    WarningText{
        WarningCode::LinkDown,
        "link_down",
        Severity::Critical,
        "The link to the message bus is down",
        "Check that the firewall lets the gateway out to the bus; the gateway keeps trying."},
    WarningText{WarningCode::Quarantined,
                "quarantined",
                Severity::Critical,
                "This gateway's identity is used twice",
                "Stop the copy. Then the tenant releases the gateway, and it is paired again."},
    WarningText{WarningCode::CertificateOver,
                "certificate_over",
                Severity::Critical,
                "This gateway's certificate ended while it was off",
                "The tenant vouches for it in the portal, or releases it and pairs it again."},
    WarningText{WarningCode::EndpointUnreachable,
                "endpoint_unreachable",
                Severity::Warning,
                "An endpoint does not answer",
                "Check the address and the firewall, then: pcgctl endpoint check NAME."},
    WarningText{WarningCode::EndpointUntrusted,
                "endpoint_untrusted",
                Severity::Critical,
                "An endpoint shows another certificate than the trusted one",
                "Compare its SHA-256 with the endpoint's own, then: pcgctl endpoint approve NAME "
                "--sha256 HEX."},
    WarningText{
        WarningCode::EndpointCredentialsRejected,
        "endpoint_credentials_rejected",
        Severity::Warning,
        "An endpoint refuses the stored credentials",
        "Set new ones: pcgctl endpoint credentials NAME --username U --password-file FILE."},
    WarningText{WarningCode::RootKeyInFile,
                "root_key_in_file",
                Severity::Note,
                "The root key is a file on this disk",
                "Whoever takes the whole disk and the machine id can read the sealed values. "
                "Encrypt the disk."},
    WarningText{WarningCode::AccessPaused,
                "access_paused",
                Severity::Critical,
                "All access through this gateway is paused",
                "When it may go on: pcgctl resume."},
    WarningText{WarningCode::ReadOnly,
                "read_only",
                Severity::Warning,
                "This gateway is switched to read-only",
                "When changes may be made again: pcgctl policy read-only off."},
    WarningText{
        WarningCode::PolicyUnreadable,
        "policy_unreadable",
        Severity::Critical,
        "The stored policy cannot be read, and everything is refused",
        "Set one with pcgctl policy set FILE, or return to the built-in roles: pcgctl policy "
        "remove."},
    WarningText{WarningCode::StateDegraded,
                "state_degraded",
                Severity::Critical,
                "The gateway cannot write its state",
                "Check the disk: space, mount, health."},
};

}  // namespace

std::span<const WarningText> warningTable() { return kTable; }

const WarningText& textOf(WarningCode code) {
    const auto* found = std::find_if(
        kTable.begin(), kTable.end(), [&](const WarningText& text) { return text.code == code; });
    PCG_ASSERT(found != kTable.end());
    return *found;
}

std::string_view severityName(Severity severity) {
    switch (severity) {
        case Severity::Note:
            return "note";
        case Severity::Warning:
            return "warning";
        case Severity::Critical:
            return "critical";
    }
    return "critical";
}

void Warnings::raise(WarningCode code, std::string subject, std::string detail) {
    const auto key = std::pair(code, subject);
    const auto known = active_.find(key);
    if (known != active_.end()) {
        known->second.detail = std::move(detail);
        return;
    }
    active_.emplace(key, Active{code, std::move(subject), std::move(detail), clock_.wallNow()});
}

void Warnings::clear(WarningCode code, std::string_view subject) {
    active_.erase(std::pair(code, std::string(subject)));
}

void Warnings::clearSubject(std::string_view subject) {
    std::erase_if(active_, [&](const auto& entry) { return entry.second.subject == subject; });
}

std::vector<Warnings::Active> Warnings::active() const {
    std::vector<Active> all;
    all.reserve(active_.size());
    for (const auto& [key, warning] : active_) all.push_back(warning);
    std::stable_sort(all.begin(), all.end(), [](const Active& a, const Active& b) {
        return textOf(a.code).severity > textOf(b.code).severity;
    });
    return all;
}

}  // namespace pcg::gateway

// SPDX-License-Identifier: Apache-2.0
// What a person should act on, as a table: code, title, severity, and a sentence with the next
// step.
//
// The code that notices something raises it with the particulars; it stays until the same code
// clears it. `pcgctl status` shows what is raised. Loop thread only.
#pragma once

#include "common/base/clock.h"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::gateway {

enum class Severity { Note, Warning, Critical };

enum class WarningCode {
    ControlplaneUnreachable,
    ControlplaneUntrusted,
    TlsIntercepted,
    NotPaired,
    PairingCooldown,
    LinkDown,
    Quarantined,
    CertificateOver,
    EndpointUnreachable,
    EndpointUntrusted,
    EndpointCredentialsRejected,
    RootKeyInFile,
    AccessPaused,
    ReadOnly,
    PolicyUnreadable,
    StateDegraded
};

struct WarningText {
    WarningCode code;
    std::string_view name;  // "controlplane_unreachable"
    Severity severity;
    std::string_view title;
    std::string_view nextStep;
};

std::span<const WarningText> warningTable();
const WarningText& textOf(WarningCode code);
std::string_view severityName(Severity severity);

class Warnings {
  public:
    explicit Warnings(const Clock& clock) : clock_(clock) {}

    struct Active {
        WarningCode code;
        std::string subject;  // which endpoint, which server; empty if there is but one
        std::string detail;   // what was seen, a sentence
        WallTime since;
    };

    // Raised again with another detail it keeps its time.
    void raise(WarningCode code, std::string subject, std::string detail);
    void clear(WarningCode code, std::string_view subject = {});
    void clearSubject(std::string_view subject);

    // The gravest first.
    std::vector<Active> active() const;

  private:
    const Clock& clock_;
    std::map<std::pair<WarningCode, std::string>, Active> active_;
};

}  // namespace pcg::gateway

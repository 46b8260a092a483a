// SPDX-License-Identifier: Apache-2.0
// The SOAP that the gateway writes itself: a Login with the real credentials, a Logout, the faults.
//
// Faults have the shape a vCenter gives them (vSphere Web Services API reference: NotAuthenticated,
// NoPermission, InvalidLogin, SystemError), so that every client shows its usual message. Whatever
// came from the client is escaped or left out. Pure functions, any thread.
#pragma once

#include "vcenter-proxy/credential_vault.h"
#include "vcenter-proxy/endpoint/soap_envelope.h"

#include <string>
#include <string_view>

namespace pcg::proxy {

// `& < > " '` and line ends as references (XML 1.0 section 2.4, 2.11).
std::string escapeXml(std::string_view text);

// True for text that XML 1.0 can carry: UTF-8 without control characters other than tab and line
// ends.
bool isXmlText(std::string_view text);

// Login of `session_manager` with `credential`; an error if the credential cannot be written as
// XML.
Result<Secret> loginBody(const ManagedObject& session_manager,
                         const Credential& credential,
                         std::string_view locale);

std::string logoutBody(const ManagedObject& session_manager);

std::string retrieveServiceContentBody();

enum class FaultKind { InvalidLogin, NotAuthenticated, NoPermission, SystemError, InvalidRequest };

struct Fault {
    FaultKind kind = FaultKind::SystemError;
    std::string text;                // faultstring: a sentence for a person
    std::optional<SoapCall> call{};  // NotAuthenticated, NoPermission: what was asked for
};

std::string faultBody(const Fault& fault);

}  // namespace pcg::proxy

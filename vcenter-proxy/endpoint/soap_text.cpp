// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/soap_text.h"

#include "common/codec/utf8.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

constexpr std::string_view kOpen =
    R"(<?xml version="1.0" encoding="UTF-8"?>)"
    "\n"
    R"(<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/")"
    R"( xmlns:xsd="http://www.w3.org/2001/XMLSchema")"
    R"( xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>)";
constexpr std::string_view kClose = "</soapenv:Body></soapenv:Envelope>";

std::string_view reference(char c) {
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\'':
            return "&apos;";
        // Written out, because parsers turn raw ones into something else.
        case '\r':
            return "&#13;";
        case '\n':
            return "&#10;";
        case '\t':
            return "&#9;";
        default:
            return {};
    }
}

// Takes anything with append(): Bytes for what is secret, text for the rest.
template <class Sink>
void escapeInto(Sink&& sink, std::string_view text) {
    for (const char& c : text) {
        const auto escaped = reference(c);
        sink(escaped.empty() ? std::string_view(&c, 1) : escaped);
    }
}

std::size_t escapedSize(std::string_view text) {
    std::size_t size = 0;
    escapeInto([&](std::string_view piece) { size += piece.size(); }, text);
    return size;
}

std::string thisElement(const ManagedObject& object) {
    return "<_this type=\"" + escapeXml(object.type.empty() ? "SessionManager" : object.type) +
           "\">" + escapeXml(object.id) + "</_this>";
}

// Type names as the API has them; anything else is not echoed.
bool isTypeName(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
}

std::string_view faultName(FaultKind kind) {
    switch (kind) {
        case FaultKind::InvalidLogin:
            return "InvalidLogin";
        case FaultKind::NotAuthenticated:
            return "NotAuthenticated";
        case FaultKind::NoPermission:
            return "NoPermission";
        case FaultKind::SystemError:
            return "SystemError";
        case FaultKind::InvalidRequest:
            return "InvalidRequest";
    }
    return "SystemError";
}

std::string faultDetail(const Fault& fault) {
    if (fault.kind == FaultKind::SystemError) {
        return "<reason>" + escapeXml(fault.text) + "</reason>";
    }
    const bool names_object =
        fault.kind == FaultKind::NotAuthenticated || fault.kind == FaultKind::NoPermission;
    if (!names_object || !fault.call) return {};
    const auto& object = fault.call->object;
    const std::string type = isTypeName(object.type) ? object.type : "ManagedObject";
    const std::string privilege =
        fault.kind == FaultKind::NotAuthenticated ? "System.View" : "Gateway." + fault.call->method;
    return "<object type=\"" + type + "\">" + escapeXml(object.id) + "</object><privilegeId>" +
           escapeXml(privilege) + "</privilegeId>";
}

}  // namespace

std::string escapeXml(std::string_view text) {
    std::string escaped;
    escaped.reserve(escapedSize(text));
    escapeInto([&](std::string_view piece) { escaped.append(piece); }, text);
    return escaped;
}

bool isXmlText(std::string_view text) {
    if (!codec::isUtf8(text)) return false;
    const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
    });
    // U+FFFE and U+FFFF are the two other code points that XML does not have.
    return !has_control && text.find("\xef\xbf\xbe") == std::string_view::npos &&
           text.find("\xef\xbf\xbf") == std::string_view::npos;
}

Result<Secret> loginBody(const ManagedObject& session_manager,
                         const Credential& credential,
                         std::string_view locale) {
    const auto username = credential.username.revealText();
    const auto password = credential.password.revealText();
    if (!isXmlText(username) || !isXmlText(password) || !isXmlText(locale)) {
        return fail(errc::kCredentialsRejected,
                    "the stored user name or password has a character that XML cannot carry; set "
                    "the endpoint's credentials again as UTF-8 text");
    }
    const std::string before =
        std::string(kOpen) + "<Login xmlns=\"urn:vim25\">" + thisElement(session_manager);
    const std::string after =
        (locale.empty() ? std::string() : "<locale>" + escapeXml(locale) + "</locale>") +
        "</Login>" + std::string(kClose);

    Bytes body;
    // Reserved to the byte: growing would leave a copy of the password behind.
    body.reserve(before.size() + after.size() + escapedSize(username) + escapedSize(password) + 64);
    const auto add = [&body](std::string_view piece) { append(body, asBytes(piece)); };
    add(before);
    add("<userName>");
    escapeInto(add, username);
    add("</userName><password>");
    escapeInto(add, password);
    add("</password>");
    add(after);
    return Secret::takeBytes(body);
}

std::string logoutBody(const ManagedObject& session_manager) {
    return std::string(kOpen) + "<Logout xmlns=\"urn:vim25\">" + thisElement(session_manager) +
           "</Logout>" + std::string(kClose);
}

std::string retrieveServiceContentBody() {
    return std::string(kOpen) +
           R"(<RetrieveServiceContent xmlns="urn:vim25"><_this type="ServiceInstance">)"
           "ServiceInstance</_this></RetrieveServiceContent>" +
           std::string(kClose);
}

std::string faultBody(const Fault& fault) {
    const std::string name(faultName(fault.kind));
    return std::string(kOpen) +
           "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>" +
           escapeXml(fault.text) + "</faultstring><detail><" + name +
           "Fault xmlns=\"urn:vim25\" xsi:type=\"" + name + "\">" + faultDetail(fault) + "</" +
           name + "Fault></detail></soapenv:Fault>" + std::string(kClose);
}

}  // namespace pcg::proxy

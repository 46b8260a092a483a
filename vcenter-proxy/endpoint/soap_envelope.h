// SPDX-License-Identifier: Apache-2.0
// Reads a SOAP request as it streams by, and says what it asks for: method, namespace, `_this`.
//
// The decision about a request is taken on what this class saw, and the vCenter will execute what
// its own parser sees, so everything that two XML parsers could read differently is refused: a
// document type, entities of one's own, processing instructions, an encoding other than UTF-8, a
// second child of soap:Body, text between elements, `_this` anywhere but first. SOAPAction is not
// looked at: it carries the API version, never the method.
//
// Built on expat's push interface, because Poco's SAX parser pulls from a blocking stream and
// cannot be fed as bytes arrive; expat is what it stands on. Memory is bounded: the method must be
// known within kPrefixLimit bytes, one token may not exceed it, nothing is kept of what follows.
// The parser's own memory is wiped when freed (Login carries a password). Not thread-safe; one
// object per request.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/base/secret.h"
#include "vcenter-proxy/policy/arguments.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pcg::proxy {

inline constexpr std::string_view kVimNamespace = "urn:vim25";
inline constexpr std::string_view kInternalVimNamespace = "urn:internalvim25";
inline constexpr std::string_view kPbmNamespace = "urn:pbm";
inline constexpr std::string_view kSmsNamespace = "urn:sms";
inline constexpr std::string_view kVslmNamespace = "urn:vslm";
inline constexpr std::string_view kVsanNamespace = "urn:vsan";

struct ManagedObject {
    std::string type;  // as the client says; empty if it does not
    std::string id;    // "vm-42"

    friend bool operator==(const ManagedObject&, const ManagedObject&) = default;
};

struct SoapCall {
    std::string name_space;
    std::string method;
    ManagedObject object;  // _this

    friend bool operator==(const SoapCall&, const SoapCall&) = default;
};

struct LoginArguments {
    std::string username;
    Secret password;
    std::string locale;
};

class SoapEnvelope {
  public:
    static constexpr ByteCount kPrefixLimit = 64_KiB;
    static constexpr std::size_t kDepthLimit = 128;
    static constexpr std::size_t kArgumentLimit = 4096;

    SoapEnvelope();
    ~SoapEnvelope();
    SoapEnvelope(const SoapEnvelope&) = delete;
    SoapEnvelope& operator=(const SoapEnvelope&) = delete;

    // The next bytes of the body. After an error every later call fails with the same error.
    Result<> feed(BytesView bytes);

    // The body is complete. An error if it was not one whole, well-formed envelope.
    Result<> finish();

    // Known as soon as `_this` was read.
    const std::optional<SoapCall>& call() const;

    // The text of <vcSessionCookie> in the SOAP header, if there was one before the call.
    const std::optional<std::string>& sessionCookie() const;

    // Where in the body that text stands, with blanks around it: what is replaced there is what the
    // endpoint reads, wherever else the same octets may stand.
    struct Span {
        std::size_t begin = 0;
        std::size_t end = 0;
    };

    const std::optional<Span>& sessionCookieSpan() const;

    // What the call names, as far as it was read; nothing of a Login. Complete when the call ended.
    const policy::Arguments& arguments() const;
    bool callEnded() const;

    // Asked once, when the call's last octet was read and before feed() returns: an error is the
    // request's. For what is decided by arguments that come after the decision about the method.
    void whenCallEnds(std::function<Result<>(const policy::Arguments&)> judge);

    // A WS-Security header came with the request (LoginByToken).
    bool hasSecurityHeader() const;

    // After finish() of a Login in urn:vim25: its arguments, moved out. Nothing if there were none.
    std::optional<LoginArguments> takeLogin();

  private:
    class Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace pcg::proxy

// SPDX-License-Identifier: Apache-2.0
// Decides, over the raw octets of a request head, whether anything behind us may see the request.
//
// Two parsers that disagree about one message are how requests are smuggled, so everything that two
// sensible parsers could read differently is refused here, before any handler, and what is let
// through is a value from which the head is written anew. Pure functions, no I/O, any thread. RFC
// 9112 (2.2, 3.2, 5.1, 6.1-6.3, 11.2), RFC 9110 (5.5, 7.2, 10.1.1), RFC 3986 (6.2.2).
#pragma once

#include "common/base/result.h"
#include "common/http/message.h"

#include <string>
#include <string_view>
#include <vector>

namespace pcg::http {

enum class TargetForms {
    OriginOnly,
    AlsoAsterisk,   // OPTIONS *
    AlsoAuthority,  // CONNECT host:port
};

struct AdmissionRules {
    // Lower-case names or addresses that Host may carry, without port; empty: any well-formed one.
    std::vector<std::string> allowedHosts;
    TargetForms forms = TargetForms::OriginOnly;
    std::size_t maxHeaderCount = 100;
    ByteCount maxHeadBytes = 64_KiB;
    ByteCount maxTargetBytes = 8_KiB;
};

struct AdmittedRequest {
    // Without Content-Length, Transfer-Encoding, Expect; the target's path is canonical.
    RequestHead head;
    std::string host;  // lower case, without port; "[::1]" keeps its brackets
    bool keepAlive = true;
    bool expectsContinue = false;
    bool http10 = false;
};

// `rawHead` from the first octet of the request line to the empty line, inclusive.
Result<AdmittedRequest> admit(std::string_view rawHead, const AdmissionRules& rules);

// The length of the head at the start of `bytes` (with its empty line), or 0 if it is not complete
// yet. A head also ends where a bare LF pair ends it, so that admit() gets to see and refuse it.
std::size_t findHeadEnd(std::string_view bytes);

// The one spelling of an origin-form target that is matched and sent: escapes of unreserved
// characters are decoded, hex digits upper case. What has no single meaning (dot segments, encoded
// slashes, backslashes, empty segments, control characters) is refused.
Result<std::string> canonicalTarget(std::string_view target);

bool isToken(std::string_view text);       // RFC 9110 5.6.2
bool isFieldValue(std::string_view text);  // RFC 9110 5.5, no control character but tab

}  // namespace pcg::http

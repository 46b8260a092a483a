// SPDX-License-Identifier: Apache-2.0
// What a request asks of a MAAS: which door, which object, which operation. MAAS takes the `op`
// from four places (query, urlencoded form, multipart form, a path's suffix "/op-NAME"); here it
// becomes one, and a request that names two different ones is refused.
//
// Sans I/O; errors say what is wrong with the request and are errc::kBadTarget (its path or query),
// errc::kBadForm (its body), errc::kPathDenied.
#pragma once

#include "common/http/message.h"
#include "common/oauth/multipart.h"

#include <optional>
#include <string>
#include <string_view>

namespace pcg::proxy::maas {

enum class Door {
    Retired,  // /MAAS/api/1.0/: gone
    Open,     // version and description, for everybody
    Api,      // /MAAS/api/2.0/...
    Upload    // PUT /MAAS/api/2.0/boot-resources/{}/upload/{}/: octets, not a form
};

struct Target {
    Door door = Door::Api;
    std::string path;              // canonical, as it is matched and sent
    std::string below;             // behind /MAAS/api/2.0/, without the suffix of an op
    std::string suffix;            // "power_on", of a path that ends in /op-power_on
    std::string query;             // raw, as it came
    oauth::Parameters parameters;  // of the query

    bool isDescription() const { return door == Door::Open && below == "describe/"; }

    static Result<Target> parse(const http::RequestHead& head);

    // Path and query without OAuth's own parameters: they name somebody else than the gateway.
    std::string forwarded() const;
};

// Nothing but a boundary and UTF-8 may stand behind a Content-Type's type: MAAS (Django) reads
// names and values, those of the query as well, in whatever charset it names, and an "op" in EBCDIC
// would pass for something else here. errc::kBadHeader.
Result<> checkContentType(const std::string* contentType);

// A whole body that is a form.
struct Form {
    oauth::Parameters parameters;  // the fields; files are not among them
    std::string forwarded;         // the body without OAuth's own parameters

    // errc::kBadForm also for what is neither urlencoded nor multipart: MAAS would read JSON, YAML
    // and more, in which an op could hide. No Content-Type means urlencoded, as clients send it
    // with DELETE.
    static Result<Form> parse(const std::string* contentType, std::string_view body);
};

// The one operation; empty if none is named. errc::kConflictingOps.
Result<std::string> operationOf(const Target& target, const Form& form);

// `uri` members of a description lead to the gateway: every "http(s)://AUTHORITY/MAAS/" becomes
// "https://CLIENT_HOST/MAAS/".
std::string describedFor(std::string_view description, std::string_view client_host);

}  // namespace pcg::proxy::maas

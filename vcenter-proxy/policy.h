// SPDX-License-Identifier: Apache-2.0
// Decides about one request, by who asks and what for. Default deny; the reason is a sentence.
//
// A role is the lesser of the key's and the endpoint's ceiling, read anew for each request. Loop
// thread; no I/O.
#pragma once

#include "vcenter-proxy/authorized_request.h"
#include "vcenter-proxy/policy_source.h"

namespace pcg::proxy {

class Policy {
  public:
    explicit Policy(PolicySource& source) : source_(source) {}

    // A SOAP call. `session` is nothing if the client showed no cookie of ours.
    Result<AuthorizedRequest> authorizeCall(RequestTarget target,
                                            SoapCall call,
                                            std::optional<SessionUse> session) const;

    // A call of the REST interface. Its login is open to all.
    Result<AuthorizedRequest> authorizeRest(RequestTarget target,
                                            std::optional<SessionUse> session) const;

    // What the body of an authorized REST call may ask for beyond its path; `whole`: all of it is
    // here. Only the role full lets the vCenter fetch a file from a URL.
    Result<> authorizeRestBody(const AuthorizedRequest& request, BytesView body, bool whole) const;

    // The octets of a lease's device, in the session that opened the lease.
    Result<AuthorizedRequest> authorizeTransfer(RequestTarget target, SessionUse session) const;

    // A file of the content library.
    Result<AuthorizedRequest> authorizeLibrary(RequestTarget target,
                                               std::string_view http_method,
                                               std::optional<SessionUse> session) const;

    // A file of a datastore (`http_method` GET, HEAD, PUT), or a versions file, which is open to
    // all.
    Result<AuthorizedRequest> authorizeFile(RequestTarget target,
                                            std::string_view http_method,
                                            std::optional<SessionUse> session) const;

  private:
    PolicySource& source_;
};

}  // namespace pcg::proxy

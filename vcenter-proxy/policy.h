// SPDX-License-Identifier: Apache-2.0
// Decides about one request, by who asks and what for. Default deny; the reason is a sentence.
//
// A role is the lesser of the key's and the endpoint's ceiling, read anew for each request. Loop
// thread; no I/O.
#pragma once

#include "vcenter-proxy/authorized_request.h"
#include "vcenter-proxy/endpoint/tunnel_target.h"
#include "vcenter-proxy/judge.h"

namespace pcg::proxy {

class Policy {
  public:
    explicit Policy(PolicySource& source) : source_(source) {}

    // A SOAP call. `session` is nothing if the client showed no cookie of ours. Without
    // `arguments` (they are not all read yet) the request may need them: needsArguments().
    Result<AuthorizedRequest> authorizeCall(RequestTarget target,
                                            SoapCall call,
                                            std::optional<SessionUse> session,
                                            const Circumstances& circumstances = {},
                                            const policy::Arguments* arguments = nullptr) const;

    // The same question once the arguments are known.
    Result<> judgeArguments(const SoapCall& call,
                            const Principal& principal,
                            const Circumstances& circumstances,
                            const policy::Arguments& arguments) const;

    // A call of the REST interface. Its login is open to all.
    Result<AuthorizedRequest> authorizeRest(RequestTarget target,
                                            std::optional<SessionUse> session,
                                            const Circumstances& circumstances = {}) const;

    // What the body of an authorized REST call may ask for beyond its path; `whole`: all of it is
    // here. Only the role full, as the endpoint's policy sees it, lets the vCenter fetch a file
    // from a URL.
    Result<> authorizeRestBody(const AuthorizedRequest& request,
                               BytesView body,
                               bool whole,
                               const Circumstances& circumstances) const;

    // The octets of a lease's device, in the session that opened the lease: "nfc/" and the name of
    // the file to a rule about files. A guest's file is "guest/file" there, a console PUT
    // "console/console"; these are for the role full.
    Result<AuthorizedRequest> authorizeTransfer(RequestTarget target,
                                                std::string_view http_method,
                                                SessionUse session,
                                                const Circumstances& circumstances = {}) const;

    // A tunnel to a place that the endpoint lists: for the role full, because nobody sees what it
    // is used for.
    Result<> authorizeTunnel(const TunnelTarget& target,
                             const Principal& principal,
                             const Circumstances& circumstances = {}) const;

    // A file of the content library.
    Result<AuthorizedRequest> authorizeLibrary(RequestTarget target,
                                               std::string_view http_method,
                                               std::optional<SessionUse> session,
                                               const Circumstances& circumstances = {}) const;

    // A file of a datastore (`http_method` GET, HEAD, PUT), or a versions file, which is open to
    // all.
    Result<AuthorizedRequest> authorizeFile(RequestTarget target,
                                            std::string_view http_method,
                                            std::optional<SessionUse> session,
                                            const Circumstances& circumstances = {}) const;

  private:
    Result<Verdict> judgeCall(const SoapCall& call,
                              const Principal& principal,
                              const Circumstances& circumstances,
                              const policy::Arguments* arguments) const;

    Result<> judgeHttp(const policy::Ask& ask,
                       const Principal& principal,
                       const HasRole& has,
                       const Circumstances& circumstances) const;

    PolicySource& source_;
};

}  // namespace pcg::proxy

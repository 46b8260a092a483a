// SPDX-License-Identifier: Apache-2.0
// Decides about one request, by who asks and what for. Default deny; the reason is a sentence.
//
// A role is the lesser of the key's and the endpoint's ceiling, read anew for each request. Loop
// thread; no I/O.
#pragma once

#include "vcenter-proxy/authorized_request.h"
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

    PolicySource& source_;
};

}  // namespace pcg::proxy

// SPDX-License-Identifier: Apache-2.0
// The proof that the policy let a call to a MAAS through. Nothing else is forwarded.
//
// Loop thread; no I/O.
#pragma once

#include "vcenter-proxy/endpoint/maas/request.h"
#include "vcenter-proxy/judge.h"

namespace pcg::proxy::maas {

class AuthorizedCall {
  public:
    const Target& target() const { return target_; }

    const Form& form() const { return form_; }

    // Nothing of the gateway's is shown for what is open to everybody.
    bool needsCredential() const { return target_.door != Door::Open; }

  private:
    friend Result<AuthorizedCall> authorizeOpen(std::string_view method, Target target);
    friend Result<AuthorizedCall> authorize(const EndpointPolicy& policy,
                                            const Principal& principal,
                                            std::string_view method,
                                            Target target,
                                            Form form,
                                            const Circumstances& circumstances);

    AuthorizedCall(Target target, Form form) : target_(std::move(target)), form_(std::move(form)) {}

    Target target_;
    Form form_;
};

// Version and description, GET only: errc::kUnknownMethod.
Result<AuthorizedCall> authorizeOpen(std::string_view method, Target target);

// errc::kMethodDenied, kReadOnly: not open to this key. errc::kUnknownPath, kUnknownMethod,
// kUnknownOperation: nothing that the gateway knows; the message is what MAAS would say.
// errc::kConflictingOps.
Result<AuthorizedCall> authorize(const EndpointPolicy& policy,
                                 const Principal& principal,
                                 std::string_view method,
                                 Target target,
                                 Form form,
                                 const Circumstances& circumstances = {});

// The fields of a call, by whether MAAS looks for them where they stand: a GET's in the query, a
// POST's and a PUT's in the form. Of a DELETE it cannot be told.
struct Fields {
    policy::Fields read;
    policy::Fields unread;
};

Fields fieldsOf(std::string_view method, const Target& target, const Form& form);

// The call as a policy sees it. Views into its parts, which must live as long.
policy::Ask askOf(std::string_view method,
                  const Target& target,
                  std::string_view op,
                  const Fields& fields);

}  // namespace pcg::proxy::maas

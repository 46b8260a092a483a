// SPDX-License-Identifier: Apache-2.0
// Who may open a session at an endpoint, and how it is opened there: whatever logs in with the
// stored credentials, for whatever reason, does it here.
//
// The vCenter's account is locked by a few wrong logins and has a bounded number of sessions, so:
// at most kLoginsAtOnce logins are under way at an endpoint, which is as many as may fail before
// nobody is logged in for a while; and an endpoint that says that it is full is left alone for a
// while, too. Loop thread only.
#pragma once

#include "vcenter-proxy/endpoint/own_call.h"
#include "vcenter-proxy/endpoint/rest_target.h"
#include "vcenter-proxy/request_context.h"

#include <memory>
#include <string>

namespace pcg::proxy {

// A login that is under way holds a place in the table.
class LoginPlace {
  public:
    LoginPlace(Endpoint& endpoint, const wire::AccessKeyId& key);
    ~LoginPlace();
    LoginPlace(const LoginPlace&) = delete;
    LoginPlace& operator=(const LoginPlace&) = delete;

    bool revoked() const { return login_.revoked; }

  private:
    Endpoint& endpoint_;
    LoginUnderWay login_;
};

// errc::kInvalidLogin for a wrong key or secret, errc::kLoginThrottled after too many; any other
// error: nobody knows. The audit record gets the key's id.
net::Task<Result<Principal>> verifyAccessKey(RequestContext& context,
                                             std::string username,
                                             Secret password);

// Makes room for the session that `place` is held for: the one that is idle longest is logged out.
// errc::kSessionsExhausted if all are busy.
net::Task<Result<>> makeRoom(std::shared_ptr<Endpoint> endpoint);

// How a session is opened at the endpoint.
struct LoginWay {
    std::optional<RestDoor> rest = {};  // nothing: SOAP
    ManagedObject session_manager = {"SessionManager", "SessionManager"};
    std::string locale = "en";
    http::HeaderList fields = {};  // SOAPAction, User-Agent: as the client says
};

// Logs in with the stored credentials. Answers of the endpoint other than "wrong credentials"
// (errc::kCredentialsRejected) and "too many sessions" (errc::kSessionsExhausted) are passed, good
// or not.
net::Task<OwnResult> loginUpstream(Services services,
                                   std::shared_ptr<Endpoint> endpoint,
                                   LoginWay way);

// What the endpoint gave for a login, put into the session. errc::kNotAVcenter if it gave nothing.
Result<> takeUpstream(Session& session, const LoginWay& way, const OwnAnswer& answer);

// Writes down that the session is open at the endpoint: before anybody gets to use it. If it cannot
// be written down it is used all the same; a full disk must not stop the work.
net::Task<void> noteOpened(Services services,
                           std::shared_ptr<Endpoint> endpoint,
                           std::shared_ptr<Session> session);

// Opens the session anew at the endpoint, which said that it does not know it any more; once for
// all who ask at the same time, and not again right after. `seen` is the generation of the session
// that the refused call was made in. An error: the session stays what it was.
net::Task<Result<>> renewSession(Services services,
                                 std::shared_ptr<Endpoint> endpoint,
                                 std::shared_ptr<Session> session,
                                 std::uint64_t seen);

// Logs out what the journal has of earlier runs. Entries of endpoints that do not answer stay in
// it.
net::Task<void> endLeftOvers(Services services, std::vector<std::shared_ptr<Endpoint>> endpoints);

}  // namespace pcg::proxy

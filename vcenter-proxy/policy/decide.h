// SPDX-License-Identifier: Apache-2.0
// Decides about one request by a policy. Default deny.
//
// A role's rules are tried in their order. The first one that speaks of the request decides: an
// allowing rule lets it through if its conditions hold and refuses it otherwise; a refusing rule
// counts while its windows are open. If none speaks of it, the role that it extends decides, and
// last of all it is refused. Sans I/O, any thread; nothing is allocated for what is allowed.
#pragma once

#include "vcenter-proxy/policy/document.h"

#include <functional>

namespace pcg::policy {

struct Asker {
    std::string_view endpoint;  // by name
    std::string_view key;       // id
    Builtin key_role = Builtin::Inventory;
    std::string_view role = {};  // of the policy file, if the key was made with one of them
};

// Which machines were made through this gateway by the asker's key.
using OwnsMachine = std::function<bool(std::string_view id)>;

// Whether a built-in role has this request; the tables are the caller's.
using HasBuiltin = std::function<bool(Builtin)>;

struct Circumstances {
    WallTime now;
    const OwnsMachine* owns = nullptr;  // null: none
};

struct Decision {
    enum class Kind {
        Allowed,
        Refused,
        NeedsArguments,  // a rule's conditions look at arguments that are not read yet
        NeedsOwnership   // only with Circumstances::owns null
    };
    Kind kind = Kind::Refused;
    const Role* role = nullptr;  // null: a built-in one
    const Rule* rule = nullptr;  // the one that decided; null: none speaks of it
    std::optional<Builtin> builtin;
    std::string why;                       // when refused, a clause
    std::string missing_role;              // the key's, which the file does not have
    std::vector<const Rule*> passed_over;  // refusing ones whose windows are closed

    bool isAllowed() const { return kind == Kind::Allowed; }

    // "role builder, rule 2 'clone' (line 14)", "role deploy (built in)".
    std::string decidedBy() const;
};

// The role of an asker by the policy: what an assignment says, or the key's own.
struct RoleOf {
    const Role* role = nullptr;
    Builtin builtin = Builtin::Inventory;
    const Assignment* assignment = nullptr;
    bool missing = false;  // the key's own is none of the file's
};

RoleOf roleOf(const Policy& policy, const Asker& asker);

// The built-in role that is behind the asker's, whatever its rules say: what it extends in the end,
// or is, up to the endpoint's ceiling. Nothing if there is none.
std::optional<Builtin> baseOf(const Policy& policy, const Asker& asker);

// How long something that was let through may go on: while the windows of the rule that allowed it
// are open, and those of the refusing ones before it are closed. Value; holds the policy.
class TimeLimit {
  public:
    // Nothing if the time does not matter to it. `decision` let it through and is of that policy.
    static std::optional<TimeLimit> of(const Decision& decision,
                                       std::shared_ptr<const Policy> policy);

    // Null: it may go on.
    const Rule* endedBy(WallTime now) const;

  private:
    std::shared_ptr<const Policy> policy_;
    const Rule* rule_ = nullptr;
    std::vector<const Rule*> refusing_;
};

Decision decide(const Policy& policy,
                const Asker& asker,
                const Ask& ask,
                const HasBuiltin& has,
                const Circumstances& circumstances);

// What every session needs, whatever its role: Login, Logout, CurrentTime, SessionIsActive,
// RetrieveServiceContent.
bool isAlwaysOpen(const Ask& ask);

// Of one rule, for the checks and the tests. A rule that limits (it refuses, or has conditions) may
// be in doubt: what it is about and what is asked for could be the same, however the client calls
// it. One that only allows is never in doubt: it speaks of what is sure.
enum class Speaks { No, InDoubt, Yes };

Speaks speaksOf(const Rule& rule, const Ask& ask);

}  // namespace pcg::policy

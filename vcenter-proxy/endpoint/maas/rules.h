// SPDX-License-Identifier: Apache-2.0
// Which role may do what at a MAAS: tables by HTTP method, path and operation. What no table names
// is denied. docs/maas-requests.md is the same in words.
//
// Pure functions.
#pragma once

#include "common/oauth/form.h"
#include "vcenter-proxy/principal.h"

#include <span>
#include <string>
#include <string_view>

namespace pcg::proxy::maas {

// One row: at these paths, with this method, these operations need this role.
struct Rule {
    std::string_view path;  // below /MAAS/api/2.0/, "{}" is one segment
    std::string_view method;
    Role role;
    std::string_view ops;  // with blanks between them; "-" is the plain method
    // Of roles below full: the only fields of the form that may be there. Empty: any.
    std::string_view fields = {};
};

std::span<const Rule> rules();

// The paths at which nobody may do anything: they hand out MAAS's own credentials.
std::span<const std::string_view> closedPaths();

struct Wish {
    std::string_view method;
    std::string_view below;
    std::string_view op;  // empty: none
};

enum class Answer { Allowed, Denied, NoSuchPath, NoSuchMethod, NoSuchOperation };

// `parameters`: the form's, for the rules that name fields.
Answer judge(Role role, const Wish& wish, const oauth::Parameters& parameters);

// "GET, POST": what the tables know at this path, for Allow.
std::string methodsAt(std::string_view below);

}  // namespace pcg::proxy::maas

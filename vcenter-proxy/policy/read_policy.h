// SPDX-License-Identifier: Apache-2.0
// Reads a policy file (docs/policy.md, docs/policy.schema.json): all or nothing, with the place of
// everything that is wrong and a did-you-mean where a word is unknown. Beside errors there are
// warnings: rules that overlap, rules that can never decide. No I/O but for the tables of time
// zones; the caller brings where they come from.
#pragma once

#include "vcenter-proxy/policy/document.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::policy {

// What the gateway knows beyond this module.
struct Vocabulary {
    struct MaasDoor {
        std::string_view path;
        std::string_view method;
        std::string_view ops;  // with blanks between them; "-" is none
    };

    std::span<const std::string_view> never;  // SOAP methods that are open to nobody, sorted
    std::vector<MaasDoor> maas;
    std::vector<std::string_view> rest;  // "vcenter/vm": below what somebody may ask something
    ZoneSource zones = systemZone;
};

struct Reading {
    std::shared_ptr<const Policy> policy;  // null if there is an error
    std::vector<Problem> problems;         // in the file's order

    bool ok() const { return policy != nullptr; }
};

inline constexpr std::size_t kMaxRoles = 64;
inline constexpr std::size_t kMaxRules = 100;     // of one role
inline constexpr std::size_t kMaxPatterns = 256;  // of one list
inline constexpr std::size_t kMaxPatternsOfRole = 2000;
inline constexpr std::size_t kMaxProblems = 50;

// May take some tenths of a second for a file that goes to every limit: not on a loop.
Reading readPolicy(std::string_view text, const Vocabulary& vocabulary);

}  // namespace pcg::policy

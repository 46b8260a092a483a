// SPDX-License-Identifier: Apache-2.0
// A vocabulary as small as the tests need it, and policies from text.
#pragma once

#include "vcenter-proxy/policy/read_policy.h"

#include <gtest/gtest.h>

#include <array>

namespace pcg::policy::test {

inline constexpr std::array<std::string_view, 2> kNever{"AcquireTicket", "TerminateSession"};

inline Vocabulary vocabulary() {
    Vocabulary words;
    words.never = kNever;
    words.maas = {{"machines/", "GET", "- list_allocated"},
                  {"machines/", "POST", "allocate release"},
                  {"machines/{}/", "GET", "- details"},
                  {"machines/{}/", "PUT", "-"},
                  {"machines/{}/", "POST", "deploy release power_on"}};
    words.rest = {"cis/tagging/tag", "content/library", "vcenter/datacenter", "vcenter/vm"};
    return words;
}

inline std::shared_ptr<const Policy> policyOf(std::string_view text) {
    const auto reading = readPolicy(text, vocabulary());
    for (const auto& problem : reading.problems) {
        if (problem.isError()) ADD_FAILURE() << toText(problem);
    }
    return reading.policy;
}

// One custom role, given to everybody.
inline std::shared_ptr<const Policy> oneRole(std::string rules, std::string more = {}) {
    return policyOf("{\"version\":1," + more +
                    "\"roles\":{\"r\":{\"extends\":\"inventory\",\"rules\":[" + rules +
                    "]}},\"assign\":[{\"role\":\"r\"}]}");
}

}  // namespace pcg::policy::test

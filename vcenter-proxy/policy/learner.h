// SPDX-License-Identifier: Apache-2.0
// Remembers what is asked, so that a policy can be written from it, or tried on it.
//
// Kept is each different request once, by endpoint and access key, with its count and its first and
// last time; at most kMostKept of them, further ones are counted. Sans I/O; loop thread.
#pragma once

#include "vcenter-proxy/policy/decide.h"
#include "vcenter-proxy/policy/owned_ask.h"
#include "vcenter-proxy/policy/read_policy.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace pcg::policy {

struct Observed {
    std::string endpoint;
    std::string key;
    Builtin key_role = Builtin::Inventory;
    OwnedAsk ask;
    std::uint64_t count = 0;
    WallTime first;
    WallTime last;
    std::string role = {};  // of the policy file, if the key was made with one of them
};

// What a candidate would have done with one of them.
struct Trial {
    const Observed* observed = nullptr;
    Decision decision;
    bool at_last = false;  // refused at its last time only, not at its first
};

class Learner {
  public:
    static constexpr std::size_t kMostKept = 4096;
    static constexpr std::size_t kMostOctets = 2 * 1024 * 1024;  // of all of them, as text

    void observe(const Asker& asker, const Ask& ask, WallTime now);

    // Takes one over from a store.
    void restore(Observed observed);

    void clear();

    std::uint64_t requests() const { return requests_; }

    const std::map<std::string, Observed>& all() const { return observed_; }

    std::size_t kinds() const { return observed_.size(); }

    std::uint64_t leftOut() const { return left_out_; }

    // A policy that would allow just what was observed, as text.
    std::string write(const Vocabulary& vocabulary) const;

    // What of it the candidate would have refused.
    using Has = std::function<bool(Builtin, const Ask&)>;
    using Owns = std::function<bool(const Observed&, std::string_view machine)>;
    std::vector<Trial> refusedBy(const Policy& candidate, const Has& has, const Owns& owns) const;

  private:
    std::map<std::string, Observed> observed_;
    std::size_t octets_ = 0;
    std::uint64_t requests_ = 0;
    std::uint64_t left_out_ = 0;
};

}  // namespace pcg::policy

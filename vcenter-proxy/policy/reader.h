// SPDX-License-Identifier: Apache-2.0
// Inside of readPolicy(): what its parts share. Each reader says what is wrong and goes on, so that
// one run shows all of it.
#pragma once

#include "vcenter-proxy/policy/read_policy.h"

#include <span>

namespace pcg::policy::detail {

class Problems {
  public:
    void error(Place at, std::string text) { add(Problem::Gravity::Error, at, std::move(text)); }

    void warn(Place at, std::string text) { add(Problem::Gravity::Warning, at, std::move(text)); }

    bool failed() const { return failed_; }

    // What comes now is not shown any more.
    bool full() const { return list_.size() >= kMaxProblems; }

    std::vector<Problem> take();

  private:
    void add(Problem::Gravity gravity, Place at, std::string text);

    std::vector<Problem> list_;
    bool failed_ = false;
};

struct Context {
    const Vocabulary& vocabulary;
    Problems& problems;
    std::vector<std::string> methods = {};  // known ones, and those of "also_known"; sorted
};

// " Did you mean \"x\"?", or nothing.
std::string meant(const Context& context,
                  std::string_view word,
                  const std::vector<std::string>& candidates);

const Node* find(const Node::Object& object, std::string_view name);

// Says what of an object's members is not known.
void checkMembers(Context& context,
                  const Node::Object& object,
                  std::span<const std::string_view> known);

const Node::Object* objectOf(Context& context, const Node& node, std::string_view what);
std::string textOf(Context& context, const Node& node, std::string_view what);

// Strings with their places; empty ones and more than kMaxPatterns are errors.
struct Word {
    std::string text;
    Place at;
};

std::vector<Word> wordsOf(Context& context, const Node& node, std::string_view what);

// Names of roles and windows: a-z, 0-9, - and _.
bool isName(std::string_view name);

std::optional<Builtin> parseBuiltin(std::string_view name);
std::vector<std::string> builtinNames();

// What is wrong with a role's name, with a did-you-mean.
std::string unknownRole(const Context& context, const Policy& policy, std::string_view name);

// read_windows.cpp
void readWindows(Context& context, const Node& node, Policy& policy);

// read_roles.cpp: roles and their rules; windows must be there.
void readRoles(Context& context, const Node& node, Policy& policy);

// read_assign.cpp: who has which role, and what an endpoint never lets through; roles must be
// there. checkAssignments() warns.
void readAssign(Context& context, const Node& node, Policy& policy);
void readEndpoints(Context& context, const Node& node, Policy& policy);
void checkAssignments(Context& context, const Policy& policy);

// read_conditions.cpp
void readSelector(Context& context, const Node::Object& from, Rule& rule);
void readWhere(Context& context, const Node& node, Rule& rule);

// overlaps.cpp: warnings about rules of one role.
void checkRules(Context& context, const Role& role);

}  // namespace pcg::policy::detail

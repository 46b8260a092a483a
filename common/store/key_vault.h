// SPDX-License-Identifier: Apache-2.0
// Sealed secrets by name: signing seeds, private keys, tokens. What is stored opens only here,
// under that name and in that scope.
//
// Same thread as its Database; names are the program's own, at most a few hundred.
#pragma once

#include "common/store/envelope.h"

#include <optional>
#include <string>
#include <vector>

namespace pcg::store {

class KeyVault {
  public:
    KeyVault(Database& database, Envelope& envelope, Scope scope)
        : database_(database), envelope_(envelope), scope_(std::move(scope)) {}

    // Replaces what was there. Durable when it returns; part of the caller's transaction if there
    // is one (then call prepare() before it).
    Result<> put(const std::string& name, const Secret& value);
    Result<std::optional<Secret>> get(const std::string& name) const;
    Result<> remove(const std::string& name);
    Result<std::vector<std::string>> names() const;

    Result<> prepare() { return envelope_.prepare(scope_, KeyClass::Keys); }

  private:
    Database& database_;
    Envelope& envelope_;
    Scope scope_;
};

}  // namespace pcg::store

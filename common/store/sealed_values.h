// SPDX-License-Identifier: Apache-2.0
// One sealed cell of a table: AES-256-GCM under a key of that cell alone, bound to where it stands.
//
// Format v1: version(1) | key id(4) | nonce(12) | ciphertext | tag(16). The cell's key is HKDF(DEK,
// table, primary key, key version); the associated data is
// "pcg|1|table|pk|column|kver|tenant|epoch". So a ciphertext that is moved to another row, column,
// tenant or epoch does not open. Pure functions.
#pragma once

#include "common/base/random.h"
#include "common/base/result.h"
#include "common/base/secret.h"

#include <cstdint>
#include <string>

namespace pcg::store {

// Whose value it is. The scope without a tenant is the machine's own: keys born before any pairing.
struct Scope {
    std::string tenant;
    std::int64_t epoch = 0;

    friend auto operator<=>(const Scope&, const Scope&) = default;
};

struct Cell {
    std::string table;
    std::string primaryKey;
    std::string column;
};

using KeyId = ByteArray<4>;

// DEK: seals the values of one class of one scope.
struct DataKey {
    Secret key;
    KeyId id{};
    std::int64_t version = 1;
    Scope scope;
};

Bytes sealValue(const DataKey& key, const Cell& cell, BytesView plaintext, Random& random);

// store.seal_broken when anything differs from what was sealed; which thing is not said.
Result<Secret> openValue(const DataKey& key, const Cell& cell, BytesView sealed);

// Which data key it was sealed with; store.seal_broken when it is not a sealed value.
Result<KeyId> keyIdOf(BytesView sealed);

}  // namespace pcg::store

// SPDX-License-Identifier: Apache-2.0
// The keys over the sealed values: RK wraps a TK per tenant and epoch, a TK wraps a DEK per class
// of value.
//
// Destroying a TK destroys every value under it, wherever copies of the ciphertext may be
// (crypto-erase). The unwrapped keys stay in memory. Belongs to the thread of the Database it was
// opened with; not thread-safe.
#pragma once

#include "common/crypto/digest.h"
#include "common/store/database.h"
#include "common/store/root_key.h"
#include "common/store/sealed_values.h"

#include <map>
#include <memory>
#include <string_view>
#include <vector>

namespace pcg::store {

// What is sealed, so that a key never serves two purposes.
// Data: columns of a tenant's rows; Index: keys of blind indexes over them, which seal nothing.
enum class KeyClass { Credentials, Keys, Config, Spool, Data, Index };

// The tables it needs, for the caller's list of migrations.
const std::vector<std::string_view>& envelopeSchema();

class Envelope {
  public:
    // Makes the root key only if the database holds nothing that an older one sealed.
    // store.seal_broken when the root key (or the machine) is another one than before.
    static Result<std::unique_ptr<Envelope>> open(Database& database,
                                                  const std::filesystem::path& rootKeyFile,
                                                  std::string_view machineBinding,
                                                  Random& random);

    // Makes the keys of the scope if it has none. seal() does it too, but not inside a transaction.
    Result<> prepare(const Scope& scope, KeyClass keyClass);

    Result<Bytes> seal(const Scope& scope,
                       KeyClass keyClass,
                       const Cell& cell,
                       BytesView plaintext);

    Result<Secret> open(const Scope& scope,
                        KeyClass keyClass,
                        const Cell& cell,
                        BytesView sealed) const;

    // HMAC under the class's key: equal texts of one scope are found without being readable.
    // store.seal_broken when the scope has no such key; prepare() makes it.
    Result<crypto::Digest256> mac(const Scope& scope, KeyClass keyClass, BytesView message) const;

    // Whether seal() and mac() need no new key, and so may be called inside a transaction.
    bool isPrepared(const Scope& scope, KeyClass keyClass) const;

    // The epochs of a tenant that still have a key, the oldest first.
    std::vector<Scope> scopesOf(const std::string& tenant) const;

    // Another RK: all tenant keys are wrapped anew in one transaction; no sealed value changes. A
    // crash at any point leaves the old or the new root key in force, and open() finds out which.
    Result<> rotateRoot();

    // A new DEK for what is sealed from now on; what was sealed stays readable.
    Result<> rotate(const Scope& scope, KeyClass keyClass);

    // Crypto-erase. Values of the scope are unreadable from here on; its sealed secrets are
    // removed.
    Result<> destroy(const Scope& scope);

  private:
    using DataKeys = std::map<std::pair<Scope, KeyClass>, std::vector<DataKey>>;  // oldest first

    struct RootHome {
        std::filesystem::path file;
        std::string machineBinding;

        // Where the next root key waits while the tenant keys are wrapped anew.
        std::filesystem::path nextFile() const { return file.string() + ".next"; }
    };

    Envelope(Database& database, RootKey root, RootHome home, Random& random)
        : database_(database), root_(std::move(root)), home_(std::move(home)), random_(random) {}

    Result<> loadAll();
    Result<const Secret*> tenantKey(const Scope& scope);
    Result<const DataKey*> makeDataKey(const Scope& scope, KeyClass keyClass);

    Database& database_;
    RootKey root_;
    RootHome home_;
    Random& random_;
    std::map<Scope, Secret> tenantKeys_;
    DataKeys dataKeys_;
};

}  // namespace pcg::store

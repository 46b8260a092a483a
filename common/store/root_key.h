// SPDX-License-Identifier: Apache-2.0
// RK: the key above all others on this machine (docs: data at rest). 256 random bits in a file of
// mode 0600.
//
// What wraps is HKDF(file, machine binding), so that a copied disk or state directory does not open
// elsewhere. A file is the weakest of the intended homes of RK (TPM, systemd credentials); only
// this class knows it.
#pragma once

#include "common/base/random.h"
#include "common/base/result.h"
#include "common/base/secret.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace pcg::store {

class RootKey {
  public:
    // store.root_key when the file is missing, readable by others, or not a root key.
    static Result<RootKey> load(const std::filesystem::path& file, std::string_view machineBinding);

    // Fails when there is one already. On the disk (fsync of file and directory) before it returns.
    static Result<RootKey> create(const std::filesystem::path& file,
                                  std::string_view machineBinding,
                                  Random& random);

    // Puts `fresh` in the place of `file`, whose octets are overwritten first. A crash in between
    // leaves `fresh` whole.
    static Result<> replace(const std::filesystem::path& fresh, const std::filesystem::path& file);

    // The key that wraps tenant keys.
    const Secret& wrappingKey() const { return wrapping_; }

  private:
    explicit RootKey(Secret wrapping) : wrapping_(std::move(wrapping)) {}

    Secret wrapping_;
};

// What this machine is: /etc/machine-id (machine-id(5)); empty where there is none, as in some
// containers.
std::string machineBinding();

}  // namespace pcg::store

// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4), at once or bit by bit. Cannot fail but for want of memory, which is an
// assertion. One object per thread.
#pragma once

#include "common/base/bytes.h"

#include <initializer_list>
#include <memory>

extern "C" {
struct evp_md_ctx_st;
}

namespace pcg::crypto {

using Digest256 = ByteArray<32>;

class Sha256 {
  public:
    Sha256();
    Sha256& update(BytesView bytes);

    Sha256& update(std::string_view text) { return update(asBytes(text)); }

    // The digest of everything so far; the object starts anew.
    Digest256 finish();

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };

    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

Digest256 sha256(BytesView bytes);

inline Digest256 sha256(std::string_view text) { return sha256(asBytes(text)); }

}  // namespace pcg::crypto

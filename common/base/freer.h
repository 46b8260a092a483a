// SPDX-License-Identifier: Apache-2.0
// A deleter for handles of a C library: std::unique_ptr<BIO, Freer<BIO_free_all>>.
#pragma once

namespace pcg {

template <auto kFree>
struct Freer {
    template <class T>
    void operator()(T* handle) const noexcept {
        kFree(handle);
    }
};

}  // namespace pcg

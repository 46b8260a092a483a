// SPDX-License-Identifier: Apache-2.0
// OpenSSL's handles by their forward-declared names, so that public headers need no OpenSSL header.
// Shared and never changed after construction: copies are cheap and may be used from several
// threads.
#pragma once

#include <memory>

extern "C" {
struct evp_pkey_st;
struct x509_st;
struct X509_req_st;
}

namespace pcg::crypto {

using PkeyHandle = std::shared_ptr<evp_pkey_st>;
using X509Handle = std::shared_ptr<x509_st>;
using X509ReqHandle = std::shared_ptr<X509_req_st>;

}  // namespace pcg::crypto

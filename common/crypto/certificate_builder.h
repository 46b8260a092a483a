// SPDX-License-Identifier: Apache-2.0
// Internal to crypto: the steps that every certificate of ours goes through. Names are set as ASN.1
// values, never by OpenSSL's "key:value,..." strings, in which a comma inside a name would start
// another name.
#pragma once

#include "common/crypto/ec_key.h"
#include "common/crypto/openssl_ptr.h"
#include "common/crypto/x509.h"

#include <string>
#include <string_view>

namespace pcg::crypto {

class CertificateBuilder {
  public:
    // Version 3, 128-bit random serial, subject CN=`commonName`.
    static Result<CertificateBuilder> create(BytesView spki, std::string_view commonName);

    // Starts five minutes before `from`.
    Result<> setValidity(WallTime from, WallTime until);

    // `value` in OpenSSL's notation: constants of ours only.
    Result<> addConstant(const Certificate& issuer,
                         const char* extension,
                         const std::string& value);
    Result<> addLeafExtensions(const Certificate& issuer, std::string_view extendedKeyUsage);
    Result<> addNames(const SubjectNames& names);

    Result<Certificate> sign(const Certificate& issuer, const EcKey& key) &&;
    Result<Certificate> selfSign(const EcKey& key) &&;

  private:
    explicit CertificateBuilder(X509Ptr certificate) : certificate_(std::move(certificate)) {}

    Result<> add(const X509* issuer, const char* extension, const std::string& value);
    Result<Certificate> signAs(const X509* issuer, const EcKey& key);

    X509Ptr certificate_;
};

}  // namespace pcg::crypto

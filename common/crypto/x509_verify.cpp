// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/errc.h"
#include "common/crypto/openssl_error.h"
#include "common/crypto/openssl_ptr.h"
#include "common/crypto/x509.h"

#include <openssl/objects.h>

namespace pcg::crypto {
namespace {

struct StackFreer {
    void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_free(stack); }
};

using X509StackPtr = std::unique_ptr<STACK_OF(X509), StackFreer>;
using ExtendedKeyUsagePtr = std::unique_ptr<EXTENDED_KEY_USAGE, Freer<EXTENDED_KEY_USAGE_free>>;

enum class WhenAbsent { Allowed, Denied };

bool hasKeyUsage(const Certificate& certificate, const char* oid, WhenAbsent whenAbsent) {
    const ExtendedKeyUsagePtr usages(static_cast<EXTENDED_KEY_USAGE*>(
        X509_get_ext_d2i(certificate.handle().get(), NID_ext_key_usage, nullptr, nullptr)));
    if (!usages) return whenAbsent == WhenAbsent::Allowed;
    const std::unique_ptr<ASN1_OBJECT, Freer<ASN1_OBJECT_free>> wanted(OBJ_txt2obj(oid, 1));
    for (int i = 0; i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
        if (OBJ_cmp(sk_ASN1_OBJECT_value(usages.get(), i), wanted.get()) == 0) return true;
    }
    return false;
}

const char* oidOf(Purpose purpose) {
    switch (purpose) {
        case Purpose::ServerAuth:
            return "1.3.6.1.5.5.7.3.1";
        case Purpose::ClientAuth:
            return "1.3.6.1.5.5.7.3.2";
        case Purpose::EnrollmentSigning:
            return kEnrollmentSigningOid;
        case Purpose::AnyPurpose:
            break;
    }
    return nullptr;
}

// An absent list in the leaf means "anything" to X.509; here a leaf must say what it is for. An
// authority that has a list limits what stands under it.
Result<> checkUsage(std::span<const Certificate> chain, Purpose purpose) {
    const char* oid = oidOf(purpose);
    if (oid == nullptr) return {};
    for (std::size_t i = 0; i < chain.size(); ++i) {
        if (!hasKeyUsage(chain[i], oid, i == 0 ? WhenAbsent::Denied : WhenAbsent::Allowed)) {
            return fail(
                kUntrusted,
                "The certificate \"" + chain[i].subject() + "\" is not meant for this purpose.");
        }
    }
    return {};
}

Result<X509StorePtr> storeOf(std::span<const Certificate> roots, WallTime at) {
    X509StorePtr store(X509_STORE_new());
    if (!store) return failOpenSsl(kLibrary, "The trust store could not be made.");
    for (const auto& root : roots) {
        if (X509_STORE_add_cert(store.get(), root.handle().get()) != 1) {
            return failOpenSsl(kLibrary, "A root could not be added to the trust store.");
        }
    }
    auto* parameters = X509_STORE_get0_param(store.get());
    X509_VERIFY_PARAM_set_time(parameters, std::chrono::system_clock::to_time_t(at));
    X509_VERIFY_PARAM_set_depth(parameters, 6);
    // Level 2: at least 112 bits, so neither SHA-1 nor RSA below 2048.
    X509_VERIFY_PARAM_set_auth_level(parameters, 2);
    return store;
}

}  // namespace

Result<> verifyChain(std::span<const Certificate> chain,
                     std::span<const Certificate> roots,
                     Purpose purpose,
                     WallTime at) {
    if (chain.empty()) return fail(kUntrusted, "No certificate was presented.");
    if (roots.empty())
        return fail(kUntrusted, "There is no root to verify the certificate against.");
    const auto store = PCG_TRY(storeOf(roots, at));
    const X509StackPtr intermediates(sk_X509_new_null());
    const X509StoreCtxPtr context(X509_STORE_CTX_new());
    if (!intermediates || !context)
        return failOpenSsl(kLibrary, "Out of memory verifying a certificate.");
    for (const auto& certificate : chain.subspan(1)) {
        sk_X509_push(intermediates.get(), certificate.handle().get());
    }
    if (X509_STORE_CTX_init(
            context.get(), store.get(), chain.front().handle().get(), intermediates.get()) != 1) {
        return failOpenSsl(kLibrary, "The certificate chain could not be checked.");
    }
    if (X509_verify_cert(context.get()) != 1) {
        const int reason = X509_STORE_CTX_get_error(context.get());
        drainOpenSslErrors();
        return fail(kUntrusted,
                    "The certificate \"" + chain.front().subject() +
                        "\" is not trusted: " + X509_verify_cert_error_string(reason) + ".");
    }
    return checkUsage(chain, purpose);
}

}  // namespace pcg::crypto

// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/openssl_error.h"

#include <openssl/err.h>

namespace pcg::crypto {

std::string drainOpenSslErrors() {
    std::string text;
    while (const auto code = ERR_get_error()) {
        const char* reason = ERR_reason_error_string(code);
        if (!text.empty()) text += "; ";
        text += reason != nullptr ? reason : "error " + std::to_string(code);
    }
    return text;
}

Error opensslError(ErrorCode code, std::string_view sentence) {
    std::string message(sentence);
    if (const auto reasons = drainOpenSslErrors(); !reasons.empty())
        message += " (OpenSSL: " + reasons + ")";
    return {code, std::move(message)};
}

}  // namespace pcg::crypto

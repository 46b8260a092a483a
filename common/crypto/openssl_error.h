// SPDX-License-Identifier: Apache-2.0
// Internal to crypto: OpenSSL's per-thread error queue as an Error. The whole queue is drained each
// time, or a stale entry would be blamed for somebody else's failure later.
#pragma once

#include "common/base/result.h"

#include <string>
#include <string_view>

namespace pcg::crypto {

// Everything in the queue, oldest first, "; " between; empties it.
std::string drainOpenSslErrors();

// `sentence` says what was tried; the library's reasons are appended.
Error opensslError(ErrorCode code, std::string_view sentence);

[[nodiscard]] inline tl::unexpected<Error> failOpenSsl(ErrorCode code, std::string_view sentence) {
    return fail(opensslError(code, sentence));
}

}  // namespace pcg::crypto

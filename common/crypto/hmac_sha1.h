// SPDX-License-Identifier: Apache-2.0
// HMAC-SHA1 (RFC 2104), for OAuth 1.0 signatures (RFC 5849 section 3.4.2) and nothing else: that is
// what MAAS and its clients speak, and HMAC does not lean on what is broken in SHA-1.
//
// Cannot fail but for want of memory, which is an assertion. Any thread.
#pragma once

#include "common/base/bytes.h"

namespace pcg::crypto {

ByteArray<20> hmacSha1(BytesView key, BytesView message);

}  // namespace pcg::crypto

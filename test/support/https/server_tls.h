// SPDX-License-Identifier: Apache-2.0
// TLS for a server on loopback: a CA called `name`, made now, and a P-256 certificate of it for
// 127.0.0.1 and localhost. The CA's certificate is written to `caFile`; its key is gone at once.
#pragma once

#include "common/net/tls_context.h"

#include <memory>
#include <string>

namespace pcg::test {

Result<std::shared_ptr<const net::TlsServerContext>> loopbackServerTls(const std::string& name,
                                                                       const std::string& caFile);

}  // namespace pcg::test

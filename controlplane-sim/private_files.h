// SPDX-License-Identifier: Apache-2.0
// The files that others read: the CA, the operator's token, ready.json. Each appears whole or not
// at all. Blocking.
#pragma once

#include "common/base/random.h"
#include "common/base/result.h"
#include "common/crypto/digest.h"

#include <filesystem>
#include <string>

namespace pcg::controlplane {

struct ReadyFile {
    std::string url;
    std::string ca;
    std::string busUrl;
    std::string monitorUrl;  // empty: not known (an external broker)
    std::string operatorTokenFile;
    int pid = 0;
    int natsPid = 0;  // 0: the broker is not our child
};

Result<> writeReadyFile(const std::filesystem::path& file, const ReadyFile& ready);

// Makes the token at the first start; returns its digest.
Result<crypto::Digest256> operatorToken(const std::filesystem::path& file, Random& random);

}  // namespace pcg::controlplane

// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/private_files.h"

#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/codec/base64url.h"
#include "common/codec/json.h"
#include "controlplane-sim/broker/ports_file.h"

#include <fstream>
#include <iterator>

namespace pcg::controlplane {

Result<> writeReadyFile(const std::filesystem::path& file, const ReadyFile& ready) {
    codec::json::Object object;
    object.set("url", ready.url)
        .set("ca", ready.ca)
        .set("bus_url", ready.busUrl)
        .set("operator_token_file", ready.operatorTokenFile)
        .set("pid", ready.pid);
    if (!ready.monitorUrl.empty()) object.set("broker_monitor_url", ready.monitorUrl);
    if (ready.natsPid != 0) object.set("nats_pid", ready.natsPid);
    return broker::writePrivateFile(file, codec::json::write(object) + "\n");
}

Result<crypto::Digest256> operatorToken(const std::filesystem::path& file, Random& random) {
    std::ifstream existing(file);
    std::string token{std::istreambuf_iterator<char>(existing), {}};
    if (trimAscii(token).empty()) {
        token = "pcgop_" + codec::base64UrlEncode(random.array<32>());
        PCG_TRY(broker::writePrivateFile(file, token + "\n"));
    }
    const auto digest = crypto::sha256(trimAscii(token));
    wipe(token);
    return digest;
}

}  // namespace pcg::controlplane

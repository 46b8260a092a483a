// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/broker/broker_export.h"

#include "controlplane-sim/broker/errc.h"
#include "controlplane-sim/broker/ports_file.h"

#include <sys/stat.h>

namespace pcg::controlplane::broker {
namespace {

Result<std::filesystem::path> makeDirectory(const std::filesystem::path& path) {
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error).lexically_normal();
    if (!error) std::filesystem::create_directories(absolute, error);
    if (error || ::chmod(absolute.c_str(), 0700) != 0) {
        return fail(kFile,
                    "The directory \"" + path.string() +
                        "\" cannot be made: " + (error ? error.message() : "not ours") + ".");
    }
    return absolute;
}

}  // namespace

Result<std::filesystem::path> exportBrokerConfig(BrokerExport wanted) {
    const auto folder = PCG_TRY(makeDirectory(wanted.directory));
    auto& settings = wanted.settings;
    settings.clientAuthorities = folder / "clients.pem";
    settings.accountsDirectory = folder / "accounts";
    if (wanted.identity) {
        settings.certificateChain = folder / "server.pem";
        settings.privateKey = folder / "server.key";
    }
    settings.note =
        "Written by pcg-controlplane-sim --write-broker-config; this file is yours now.";
    const auto text = PCG_TRY(makeBrokerConfig(settings));
    if (wanted.identity) {
        PCG_TRY(writePrivateFile(settings.certificateChain, wanted.identity->chainPem));
        PCG_TRY(writePrivateFile(settings.privateKey, wanted.identity->keyPem.revealText()));
    }
    PCG_TRY(writePrivateFile(settings.clientAuthorities, wanted.clientAuthoritiesPem));
    PCG_TRY(writePrivateFile(folder / "operator.jwt", settings.operatorJwt + "\n"));
    PCG_TRY(writePrivateFile(folder / "system-account.jwt", settings.systemAccountJwt + "\n"));
    auto file = folder / "nats-server.conf";
    PCG_TRY(writePrivateFile(file, text));
    return file;
}

}  // namespace pcg::controlplane::broker

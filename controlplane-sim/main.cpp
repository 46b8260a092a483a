// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/app.h"

#include <cstdio>
#include <span>

namespace {

int complain(const pcg::Error& error, int code) {
    std::fprintf(stderr, "pcg-controlplane-sim: %s\n", error.message().c_str());
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace pcg::controlplane;
    const auto config = SimConfig::parse(
        std::span<const char* const>(argv + 1, static_cast<std::size_t>(argc - 1)));
    if (!config) return complain(config.error(), 2);
    if (config->help) {
        std::fputs(simUsage().c_str(), stdout);
        return 0;
    }
    if (config->checkOnly) {
        std::fputs(config->print().c_str(), stdout);
        return 0;
    }
    pcg::log::setLevel(config->logLevel);
    if (config->exportBroker) {
        const auto file = App::exportBrokerConfig(*config);
        if (!file) return complain(file.error(), 1);
        std::printf("%s\n", file->c_str());
        return 0;
    }
    auto app = App::open(*config);
    if (!app) return complain(app.error(), 1);
    const auto ran = (*app)->run();
    return ran ? 0 : complain(ran.error(), 1);
}

// SPDX-License-Identifier: Apache-2.0
// A gateway of its own for a test: directory, configuration, daemon and pcgctl.
#pragma once

#include "common/codec/json.h"
#include "test/support/child_process.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <memory>

namespace pcg::test {

class GatewayProcess : public testing::Test {
  protected:
    // Nothing listens on port 1 of loopback: the control plane refuses.
    void configure(const std::string& more = "") {
        dir_.write(
            "gw.json",
            "{\"state_dir\":\"" + state() + "\",\"controlplane_url\":\"https://127.0.0.1:1\"," +
                "\"controlplane_root_sha256\":\"" + std::string(64, 'a') + "\"" + more + "}");
    }

    std::string state() const { return (dir_ / "s").string(); }

    static std::string program(const std::string& name) { return PCG_BINARY_DIR "/bin/" + name; }

    std::vector<std::string> daemonCommand() const {
        return {program("pcg-gatewayd"), "--config", (dir_ / "gw.json").string()};
    }

    void start() {
        daemon_ = std::make_unique<ChildProcess>(daemonCommand());
        daemon_->expect("\"event\":\"gateway.ready\"");
    }

    Finished ctl(std::vector<std::string> words, const std::string& input = {}) const {
        words.insert(words.begin(), {program("pcgctl"), "--socket", state() + "/control.sock"});
        return run(words, input);
    }

    codec::json::Object ctlJson(std::vector<std::string> words,
                                const std::string& input = {}) const {
        words.emplace_back("--json");
        const auto finished = ctl(words, input);
        EXPECT_EQ(finished.code, 0) << finished.err;
        auto parsed = codec::json::parseObject(finished.out, 8_MiB);
        EXPECT_TRUE(parsed) << finished.out;
        return parsed.value_or(codec::json::Object{});
    }

    Finished addEndpoint(const std::string& name) const {
        return ctl({"endpoint",
                    "add",
                    name,
                    "--url",
                    "https://127.0.0.1:1",
                    "--username",
                    "u",
                    "--password-file",
                    "-",
                    "--pin-sha256",
                    std::string(64, 'b')},
                   "swordfish\n");
    }

    TempDir dir_;
    std::unique_ptr<ChildProcess> daemon_;
};

}  // namespace pcg::test

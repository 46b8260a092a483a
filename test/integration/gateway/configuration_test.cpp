// SPDX-License-Identifier: Apache-2.0
#include "gateway_process.h"

namespace pcg::test {
namespace {

class GatewayConfiguration : public GatewayProcess {
  protected:
    Finished checked() {
        auto command = daemonCommand();
        command.emplace_back("--check-config");
        return run(command);
    }
};

TEST_F(GatewayConfiguration, IsPrintedWithItsEffectiveValuesAndMakesNothing) {
    configure();

    const auto finished = checked();

    EXPECT_EQ(finished.code, 0) << finished.err;
    EXPECT_NE(finished.out.find("\"console\": \"stdout\""), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(state()));
}

TEST_F(GatewayConfiguration, ThatIsWrongEndsWithTwoAndNamesFileKeyAndWhatWasMeant) {
    configure(R"(,"consoel":"none")");

    for (const auto& finished : {checked(), run(daemonCommand())}) {
        EXPECT_EQ(finished.code, 2);
        EXPECT_NE(finished.err.find((dir_ / "gw.json").string() +
                                    ": key \"consoel\": is not known. Did you mean "
                                    "\"console\"?"),
                  std::string::npos)
            << finished.err;
        EXPECT_EQ(finished.out, "");
    }
    EXPECT_FALSE(std::filesystem::exists(state()));
}

TEST_F(GatewayConfiguration, ThatIsMissingEndsWithTwo) {
    const auto missing = run(daemonCommand());
    const auto unnamed = run({program("pcg-gatewayd")});
    const auto misspelt = run({program("pcg-gatewayd"), "--confg", "x"});

    EXPECT_EQ(missing.code, 2);
    EXPECT_NE(missing.err.find("No such file"), std::string::npos);
    EXPECT_EQ(unnamed.code, 2);
    EXPECT_NE(unnamed.err.find("--config FILE is missing"), std::string::npos);
    EXPECT_EQ(misspelt.code, 2);
    EXPECT_NE(misspelt.err.find("Did you mean --config?"), std::string::npos);
}

TEST_F(GatewayConfiguration, IsDescribedByTheOperatorsManualAsTheProgramPrintsIt) {
    const auto finished = run({program("pcg-gatewayd"), "--print-config-docs"});

    const auto manual = readFile(PCG_SOURCE_DIR "/docs/operator/configuration.md");
    EXPECT_NE(manual.find(finished.out), std::string::npos)
        << "run pcg-gatewayd --print-config-docs and put its table into "
           "docs/operator/configuration.md";
}

}  // namespace
}  // namespace pcg::test

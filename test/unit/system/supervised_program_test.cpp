// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/system/supervised_program.h"

#include "common/crypto/random.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <fstream>
#include <mutex>

#include <linux/landlock.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace pcg::controlplane {
namespace {

using namespace std::chrono_literals;

// What was told, in order: "started", "down: ...", "ended".
class Told {
  public:
    SupervisedProgram::Observer observer() {
        SupervisedProgram::Observer observer;
        observer.onStarted = [this](int pid) { add("started", pid); };
        observer.onDown = [this](const std::string& why) { add("down: " + why, 0); };
        observer.onEnded = [this](const Result<>& wiped) { add(wiped ? "ended" : "not wiped", 0); };
        return observer;
    }

    // The n-th, once it was told.
    std::string at(std::size_t index) {
        std::unique_lock lock(mutex_);
        arrived_.wait_for(lock, 30s, [&] { return words_.size() > index; });
        return words_.size() > index ? words_[index] : "(nothing)";
    }

    int pid() {
        const std::scoped_lock lock(mutex_);
        return pid_;
    }

  private:
    void add(std::string word, int pid) {
        const std::scoped_lock lock(mutex_);
        words_.push_back(std::move(word));
        if (pid != 0) pid_ = pid;
        arrived_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<std::string> words_;
    int pid_ = 0;
};

class Supervised : public ::testing::Test {
  protected:
    SupervisedProgram::Options running(const std::string& script) {
        SupervisedProgram::Options options;
        options.executable = "/bin/sh";
        options.arguments = {"-c", script};
        options.log = dir_ / "log";
        options.prepare = [this] {
            ++prepared;
            return prepares;
        };
        options.wipe = [this] {
            return Result<>(std::filesystem::remove(dir_ / "log") ? Result<>()
                                                                  : fail(kAbsent, "absent"));
        };
        options.backoffBase = 1ms;
        options.backoffCap = 5ms;
        return options;
    }

    static constexpr ErrorCode kAbsent{ErrorClass::Weather, "test.absent"};

    test::TempDir dir_;
    crypto::SystemRandom random_;
    Told told_;
    int prepared = 0;
    Result<> prepares;
};

TEST_F(Supervised, IsStartedAgainWhenItIsKilledAndSaysWhy) {
    SupervisedProgram program(running("exec sleep 1000"), told_.observer(), random_);
    ASSERT_EQ(told_.at(0), "started");
    const auto first = told_.pid();

    ::kill(first, SIGKILL);

    EXPECT_EQ(told_.at(1), "down: It was ended by signal 9");
    EXPECT_EQ(told_.at(2), "started");
    EXPECT_NE(told_.pid(), first);
}

TEST_F(Supervised, TellsItsLastWords) {
    SupervisedProgram program(
        running("echo the disk is full >&2; exit 3"), told_.observer(), random_);
    EXPECT_EQ(told_.at(1), "down: It exited with status 3: the disk is full");
    EXPECT_EQ(told_.at(2), "started");
}

TEST_F(Supervised, WhatCannotBePreparedIsNotStarted) {
    prepares = fail(kAbsent, "no room");
    SupervisedProgram program(running("exit 0"), told_.observer(), random_);
    EXPECT_EQ(told_.at(0), "down: no room");
    EXPECT_EQ(told_.at(1), "down: no room");
}

TEST_F(Supervised, EndsWithItsFilesKept) {
    SupervisedProgram program(running("echo hello; exec sleep 1000"), told_.observer(), random_);
    ASSERT_EQ(told_.at(0), "started");

    program.end(SupervisedProgram::Ending::Keep);

    EXPECT_EQ(told_.at(1), "ended");
    EXPECT_TRUE(std::filesystem::exists(dir_ / "log"));
    EXPECT_EQ(::kill(told_.pid(), 0), -1) << "the process is gone";
}

TEST_F(Supervised, EndsWithItsFilesWiped) {
    SupervisedProgram program(
        running("trap '' TERM; while :; do sleep 0.01; done"), told_.observer(), random_);
    ASSERT_EQ(told_.at(0), "started");

    program.end(SupervisedProgram::Ending::Wipe);
    program.end(SupervisedProgram::Ending::Keep);  // the first word counts

    EXPECT_EQ(told_.at(1), "ended");
    EXPECT_FALSE(std::filesystem::exists(dir_ / "log"));
    EXPECT_EQ(::kill(told_.pid(), 0), -1);
}

// Asked of the kernel itself, not of the code under test.
bool kernelHasLandlock() {
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version >= 1;
}

// The control plane's state directory, with two instances in it. On a kernel without Landlock
// nothing is confined, and these tests say that it is not.
class Confined : public Supervised {
  protected:
    Confined() { restore(); }

    void restore() {
        dir_.write("state/controlplane.db", "of all tenants");
        dir_.write("state/ca.pem", "public");
        dir_.write("state/sg/mine/key", "mine");
        dir_.write("state/sg/theirs/key", "theirs");
        dir_.write("beside", "anybody's");
    }

    bool isUntouched() const {
        const auto holds = [this](const char* file, std::string_view text) {
            return std::filesystem::exists(dir_ / file) && test::readFile(dir_ / file) == text;
        };
        return holds("state/controlplane.db", "of all tenants") &&
               holds("state/sg/theirs/key", "theirs") && holds("beside", "anybody's");
    }

    // What the shell says to it: "down: It exited with status 0: ...", the last line that it wrote.
    std::string says(const std::string& script) {
        const auto state = dir_ / "state";
        auto options = running("cd /; S='" + state.string() + "'; " + script);
        options.confinedTo = Confinement::Files{state / "sg/mine", state, state / "ca.pem"};
        Told told;
        const SupervisedProgram program(std::move(options), told.observer(), random_);
        EXPECT_EQ(told.at(0), "started");
        return told.at(1);
    }

    void SetUp() override {
        const auto state = dir_ / "state";
        const auto made = Confinement::around({state / "sg/mine", state, state / "ca.pem"});
        ASSERT_TRUE(made) << made.error().message();
        ASSERT_EQ(made->isInForce(), kernelHasLandlock());
    }

    bool isRefused(const std::string& script) {
        return says(script).find("Permission denied") != std::string::npos;
    }

    const bool isInForce_ = kernelHasLandlock();
};

TEST_F(Confined, ReadsAndWritesItsOwn) {
    EXPECT_EQ(
        says("cat $S/sg/mine/key; echo; echo > $S/sg/mine/new && rm $S/sg/mine/new && echo fine"),
        "down: It exited with status 0: fine");
    EXPECT_EQ(says("cat $S/ca.pem && echo"), "down: It exited with status 0: public");
}

TEST_F(Confined, DoesNotReadWhatIsTheControlPlanesOrAnothers) {
    for (const auto* file : {"controlplane.db", "sg/theirs/key", "sg/mine/../theirs/key"})
        EXPECT_EQ(isRefused(std::string("cat $S/") + file), isInForce_) << file;
    EXPECT_EQ(isRefused("ls $S"), isInForce_);
}

TEST_F(Confined, WritesNowhereElse) {
    for (const auto* script : {"echo x > $S/controlplane.db",
                               "echo x > $S/sg/theirs/key",
                               "echo x > $S/../beside",
                               "rm $S/sg/theirs/key",
                               "mv $S/sg/theirs $S/sg/mine/"}) {
        const bool isDone = says(script).find("status 0") != std::string::npos;
        EXPECT_EQ(isDone, !isInForce_) << script;
        EXPECT_EQ(isUntouched(), isInForce_) << script;
        restore();
    }
    EXPECT_EQ(says("cat $S/../beside && echo"), "down: It exited with status 0: anybody's");
}

}  // namespace
}  // namespace pcg::controlplane

// SPDX-License-Identifier: Apache-2.0
// Whatever is asked of the machine, and whatever lies in the files that it keeps: an answer comes
// back, nothing that is wrong is kept, no password is shown. And any text can be redacted.
#include "common/base/assert.h"

#include "appliance/admin/redaction.h"
#include "appliance/control/requests.h"

namespace {

using namespace pcg;
using namespace pcg::appliance;
namespace json = codec::json;

class Sequence final : public Random {
  public:
    void fill(MutableBytes bytes) override {
        for (auto& octet : bytes) octet = ++last_;
    }

  private:
    std::uint8_t last_ = 0;
};

class Machine final : public MachinePort {
  public:
    SteadyTime now() const override { return SteadyTime(time_); }

    WallTime wallNow() const override { return fromUnixMilliseconds(1'800'000'000'000); }

    void pause(std::chrono::milliseconds time) override { time_ += time; }

    Random& random() override { return random_; }

    std::string source() override { return "ISO"; }

    Properties imported() override {
        return {{"url", "https://pair.example.com"}, {"proxy_password", "hunter2"}};
    }

    Overrides overrides() override { return {}; }

    ImportSeen importSeen() override { return {{"url", ""}}; }

    Properties running() override { return imported(); }

    Result<> keepOverrides(const Overrides& overrides, const ImportSeen& seen) override {
        PCG_ASSERT(seen.size() == overrides.size());
        const auto again = parseOverrides(writeOverrides(overrides));
        PCG_ASSERT(again && *again == overrides);
        return {};
    }

    bool takeTurn() override { return true; }

    Result<> apply(const Properties& properties, Effect) override {
        (void)readSettings(properties, wallNow());
        return {};
    }

    bool linkIsBack(std::chrono::milliseconds) override { return time_.count() % 2000 != 0; }

    bool mayBePaired() override { return true; }

    // One that is slow to make is not made for each input.
    Result<std::optional<PinRecord>> pin() override { return fail(kBadPin, "None here."); }

    Result<> keepPin(const std::optional<PinRecord>&) override { return {}; }

    std::string journal(ByteCount) override { return {}; }

    Result<> power(PowerAction) override { return {}; }

    Result<> forgetEverything() override { return {}; }

    void say(const json::Object&) override {}

  private:
    std::chrono::milliseconds time_{0};
    Sequence random_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = asText({data, size});
    Machine machine;
    const auto answer = answerRequest(text, machine);
    PCG_ASSERT(answer.has("ok"));
    PCG_ASSERT(json::write(answer).find("hunter2") == std::string::npos ||
               text.find("hunter2") != std::string_view::npos);
    (void)parseOverrides(text);
    (void)parsePin(text);
    const auto clean = redacted(text);
    PCG_ASSERT(clean.size() <= size + (size / 2 + 1) * kRedacted.size());
    const auto key = redacted("-----BEGIN PRIVATE KEY-----\n" + std::string(text));
    PCG_ASSERT(key.starts_with(kRedacted));
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// An OVA from anywhere: however it is cut into pieces the answer is the same, and what is accepted
// lies within the archive, under a plain name, once.
#include "common/base/assert.h"

#include <algorithm>
#include <set>

#include "appliance/importer/disk_head.h"
#include "appliance/importer/ova.h"

namespace {

using namespace pcg;
using namespace pcg::appliance;

class Seen final : public TarSink {
  public:
    Result<> begin(const TarMember& member) override {
        PCG_ASSERT(member.name.find('/') == std::string::npos && !member.name.starts_with('.'));
        PCG_ASSERT(names_.insert(member.name).second);
        left_ = member.size;
        end_ = member.offset + member.size;
        return {};
    }

    Result<> data(BytesView octets) override {
        PCG_ASSERT(octets.size() <= left_);
        left_ -= octets.size();
        return {};
    }

    Result<> end() override {
        PCG_ASSERT(left_ == 0);
        last_ = end_;
        return {};
    }

    ByteCount last() const { return last_; }

  private:
    std::set<std::string> names_;
    ByteCount left_ = 0;
    ByteCount end_ = 0;
    ByteCount last_ = 0;
};

std::string outcome(BytesView input, std::size_t piece) {
    OvaReader reader;
    for (std::size_t at = 0; at < input.size(); at += piece) {
        const auto taken = reader.feed(input.subspan(at, std::min(piece, input.size() - at)));
        if (!taken) return taken.error().message();
    }
    const auto ova = reader.finish();
    if (!ova) return ova.error().message();
    PCG_ASSERT(ova->disk.member.offset + ova->disk.member.size <= input.size());
    return "good";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView input(data, size);
    TarReader tar;
    Seen seen;
    if (tar.feed(input, seen) && tar.finish()) PCG_ASSERT(seen.last() <= size);
    PCG_ASSERT(outcome(input, size + 1) == outcome(input, 7));
    (void)parseManifest(input);
    (void)parseSignature(input);
    (void)parseDescriptor(input);
    const auto capacity = parseDiskHead(input);
    if (capacity) PCG_ASSERT(*capacity > 0 && *capacity % 512 == 0);
    return 0;
}

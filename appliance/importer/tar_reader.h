// SPDX-License-Identifier: Apache-2.0
// The archive that an OVA is (POSIX ustar), octet by octet, without I/O: whoever reads the file
// feeds what came, and is told what is in it. No octet of a member is kept here.
//
// Strict, since the archive comes from outside and two readers must see the same: plain files with
// plain names (no folder, nothing hidden), each once, at most kMaxMembers; checksums hold; after
// the end come zeros only. Errors: import.archive, import.name, import.truncated. One thread.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <string>
#include <vector>

namespace pcg::appliance {

struct TarMember {
    std::string name;
    ByteCount offset = 0;  // of its first octet in the archive
    ByteCount size = 0;
};

class TarSink {
  public:
    virtual ~TarSink() = default;
    virtual Result<> begin(const TarMember& member) = 0;
    virtual Result<> data(BytesView octets) = 0;  // of the member begun last
    virtual Result<> end() = 0;                   // it is whole
};

class TarReader {
  public:
    static constexpr std::size_t kMaxMembers = 16;
    static constexpr std::size_t kMaxName = 100;

    // What the sink refuses is returned as it is. After an error the reader is of no more use.
    Result<> feed(BytesView octets, TarSink& sink);

    // import.truncated unless the archive had its end.
    Result<> finish() const;

  private:
    enum class State { Header, Data, Padding, End };

    Result<> header(TarSink& sink);
    Result<> zeros(BytesView octets) const;
    ByteCount padding() const;

    State state_ = State::Header;
    Bytes block_;  // of a header, until it is whole
    TarMember member_;
    ByteCount left_ = 0;  // octets of data or padding that are still to come
    ByteCount at_ = 0;    // octets of the archive so far
    int emptyBlocks_ = 0;
    std::vector<std::string> names_;
};

}  // namespace pcg::appliance

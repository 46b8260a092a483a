// SPDX-License-Identifier: Apache-2.0
// One upload as the gateway remembers it, and what is to be done with it next: the state machine,
// without I/O.
//
// queued -> fetching -> verifying -> pushing -> done, and from everywhere to failed, cancelled and,
// when a push may have happened and a look does not tell, to unknown. A stored record is where a
// restart goes on: what was being fetched is fetched on, and what was being pushed is looked at
// before anything is sent again. Values; loop thread.
#pragma once

#include "common/base/clock.h"
#include "gateway/upload/order.h"

#include <optional>

namespace pcg::gateway::upload {

inline constexpr int kMostPushes = 3;

// What is on the disk of the object, and by what the source knows it again.
struct Part {
    ByteCount have = 0;
    std::optional<ByteCount> total;  // as the source said
    std::string etag;                // strong ones only
    std::string lastModified;
    bool resumed = false;  // not in one piece: a wrong digest may be the seam's

    codec::json::Object toJson() const;
    static Part parse(const codec::json::Object& from);
};

enum class Step { Fetch, Verify, Push, Look, Rest };

// What a look at the target told about a push whose end is not known. NotNow: it could not be
// asked, and may be asked later.
enum class Found { Whole, Partly, Nothing, CannotTell, NotNow };

struct Record {
    explicit Record(Order asked) : order(std::move(asked)) {}

    Order order;
    wire::UploadState state = wire::UploadState::Queued;
    Part part;
    ByteCount pushed = 0;
    bool cached = false;     // was there already: nothing was fetched
    bool refetched = false;  // once more from the beginning, after a wrong digest
    int pushes = 0;          // that began
    std::string remote;      // what the target calls it: a boot resource's id
    std::string code;        // why it is over, when it is not done
    std::string why;
    std::string by;  // who ordered, in the words of the control plane
    WallTime createdAt;
    WallTime changedAt;

    // What to do now.
    Step next() const;

    void fetching();                 // begins, or goes on
    void fetched(ByteCount octets);  // so many are on the disk
    void complete(bool wasCached);   // all of it is there: verify
    // Whether its digest is the ordered one. Wrong: fetched anew where that may help, else over.
    void verified(bool right);
    void pushing();
    void done();
    // The push broke: it may have happened.
    void broke();
    // NotNow: the last time that was to be waited for.
    void looked(Found found);
    void end(wire::UploadState state, const Error& why);

    // Of the whole object, once all of it was here; nothing before.
    std::optional<ByteCount> size() const { return part.total; }

    bool isOver() const { return wire::isOver(state); }

    // For whoever follows it: state, octets, and why it ended.
    codec::json::Object progress() const;

    // Everything but the order, for the journal, and back.
    codec::json::Object toJson() const;
    Result<> restore(const codec::json::Object& from);

  private:
    bool mustLook_ = false;
};

}  // namespace pcg::gateway::upload

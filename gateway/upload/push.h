// SPDX-License-Identifier: Apache-2.0
// Sends a verified object to where it was ordered to go, as a client of the endpoint would: one way
// for each kind of target, behind one interface.
//
// At most once: what may have happened is never sent again before look() has told what is there.
// Loop thread; a way lives as long as its upload runs.
#pragma once

#include "common/base/clock.h"
#include "common/base/random.h"
#include "gateway/upload/cache.h"
#include "gateway/upload/halt.h"
#include "gateway/upload/record.h"

#include <functional>
#include <memory>

namespace pcg::gateway::upload {

struct PushParts {
    std::shared_ptr<http::Caller> caller;  // into the endpoint
    Cache& cache;
    Halt& halt;
    const Clock& clock;
    Random& random;
    Secret password;                                 // of the access key, for this run
    std::function<void()> progressed = {};           // octets were taken
    std::function<net::Task<Result<>>()> keep = {};  // the record has changed: durable on return
    // The session that holds a lease, as a client would show it.
    std::function<std::optional<Secret>(std::string_view lease)> sessionOf = {};
};

// Why a push is not done.
struct PushFailure {
    Error why;
    // NotDispatched: nothing was sent, and it may be tried again. Unknown: it may have happened.
    // Complete: the target said so itself.
    http::Outcome outcome = http::Outcome::Complete;
    int status = 0;  // of the answer, if there was one
};

template <class T = void>
using Pushed = tl::expected<T, PushFailure>;

class PushWay {
  public:
    virtual ~PushWay() = default;

    // Before anything is fetched: what will certainly be refused is refused now, and what has to be
    // kept alive from now on is. Once.
    virtual net::Task<Pushed<>> open() = 0;

    virtual net::Task<Pushed<>> push(Record& record) = 0;

    // After a push whose end is not known.
    virtual net::Task<Found> look(Record& record) = 0;

    // Sessions are logged out. Always awaited, also after a halt.
    virtual net::Task<void> close() = 0;
};

std::unique_ptr<PushWay> makeDatastorePush(PushParts parts, const Order& order);
std::unique_ptr<PushWay> makeLeasePush(net::Loop& loop, PushParts parts, const Order& order);
std::unique_ptr<PushWay> makeBootResourcePush(PushParts parts, const Order& order);

// What an answer that is no success says, in words that may be shown, and whether it is the
// target's own.
PushFailure refusalOf(const http::ResponseHead& head, std::string_view body);

struct Answered {
    http::ResponseHead head;
    std::string body;
};

// A small call, whole. Statuses from 300 on are failures.
net::Task<Pushed<Answered>> askSmall(http::Caller& caller,
                                     Halt& halt,
                                     http::RequestHead head,
                                     std::string body);

// Puts `count` octets of the object from `from` on into one request; statuses from 300 on are
// failures. `taken` is told how many were.
net::Task<Pushed<Answered>> sendOctets(const PushParts& parts,
                                       http::RequestHead head,
                                       crypto::Digest256 object,
                                       ByteCount from,
                                       ByteCount count,
                                       std::function<void(std::size_t)> taken);

}  // namespace pcg::gateway::upload

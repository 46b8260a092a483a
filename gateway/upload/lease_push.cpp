// SPDX-License-Identifier: Apache-2.0
// One device of an import lease. The lease was opened by a client with the same access key, and to
// a vCenter it is that client's session's: the upload goes on in it. From the beginning of the
// upload on progress is reported, which keeps lease and session alive while the object is fetched.
// Completing the lease, and ending the session, stay the client's.
#include "common/http/signal.h"
#include "common/log/log.h"
#include "gateway/upload/errc.h"
#include "gateway/upload/vcenter_session.h"

#include <algorithm>

namespace pcg::gateway::upload {
namespace {

constexpr log::Logger kLog("upload");
// A vCenter takes a lease back after five minutes of silence; so does our lease book.
constexpr std::chrono::seconds kProgressEvery{60};
constexpr int kMostSilences = 4;

class LeasePush final : public PushWay {
  public:
    LeasePush(net::Loop& loop, PushParts parts, const Order& order)
        : loop_(loop),
          parts_(std::move(parts)),
          device_(std::get<LeaseDevice>(order.target)),
          session_(parts_, order.key),
          timer_(loop.get_executor()),
          kept_(loop.get_executor()) {}

    net::Task<Pushed<>> open() override;
    net::Task<Pushed<>> push(Record& record) override;

    // What arrived at a host nobody can ask for.
    net::Task<Found> look(Record&) override { co_return Found::CannotTell; }

    net::Task<void> close() override;

  private:
    net::Task<Pushed<std::string>> findPlace();
    Pushed<std::string> placeIn(const xml::Element& body) const;
    bool isOurs(const xml::Element& device) const;
    static net::Task<void> keepAlive(LeasePush& self);

    net::Loop& loop_;
    PushParts parts_;
    LeaseDevice device_;
    VcenterSession session_;
    std::string place_;  // "/nfc/TOKEN/disk-0.vmdk"
    net::Timer timer_;
    http::Signal kept_;
    int percent_ = 1;
    bool keeping_ = false;
    bool closing_ = false;
};

tl::unexpected<PushFailure> refused(ErrorCode code, std::string why) {
    return tl::unexpected(PushFailure{Error(code, std::move(why)), http::Outcome::Complete});
}

// What the gateway made of the vCenter's URL for whoever holds the lease: a token, and a name.
bool isOurPlace(std::string_view path) {
    constexpr std::string_view kBegin = "/nfc/";
    constexpr std::size_t kToken = 96;
    if (!path.starts_with(kBegin)) return false;
    path.remove_prefix(kBegin.size());
    return path.find('/') == kToken && path.find_first_not_of("0123456789abcdef") == kToken;
}

bool LeasePush::isOurs(const xml::Element& device) const {
    if (!device_.deviceKey.empty()) return device.textAt("key") == device_.deviceKey;
    return device.textAt("importKey") == device_.importKey;
}

Pushed<std::string> LeasePush::placeIn(const xml::Element& body) const {
    const auto* object = body.at("RetrievePropertiesExResponse/returnval/objects");
    const xml::Element* info = nullptr;
    std::string state;
    static const std::vector<xml::Element> kNone;
    for (const auto& set : object == nullptr ? kNone : object->children) {
        if (set.name != "propSet") continue;
        if (set.textAt("name") == "state") state = set.textAt("val");
        if (set.textAt("name") == "info") info = set.child("val");
    }
    if (state != "ready" || info == nullptr) {
        return refused(errc::kLeaseOver,
                       "The lease " + device_.lease + " is not ready" +
                           (state.empty() ? "." : "; the vCenter says: " + state + "."));
    }
    for (const auto& device : info->children) {
        if (device.name != "deviceUrl" || !isOurs(device)) continue;
        const auto url = device.textAt("url");
        const auto scheme = url.find("://");
        const auto slash = scheme == std::string_view::npos ? scheme : url.find('/', scheme + 3);
        if (slash == std::string_view::npos || !isOurPlace(url.substr(slash))) {
            return refused(errc::kLeaseOver,
                           "The lease " + device_.lease + " is none of this access key's.");
        }
        return std::string(url.substr(slash));
    }
    return refused(errc::kLeaseOver, "The lease " + device_.lease + " has no such device.");
}

net::Task<Pushed<std::string>> LeasePush::findPlace() {
    std::string arguments =
        "<specSet><propSet><type>HttpNfcLease</type><all>false</all><pathSet>state</pathSet>"
        "<pathSet>info</pathSet></propSet><objectSet><obj type=\"HttpNfcLease\">";
    xml::appendEscaped(arguments, device_.lease);
    arguments += "</obj><skip>false</skip></objectSet></specSet><options/>";
    auto body = co_await session_.call(
        "RetrievePropertiesEx", "PropertyCollector", session_.collector(), std::move(arguments));
    if (!body) co_return tl::unexpected(std::move(body).error());
    co_return placeIn(*body);
}

net::Task<Pushed<>> LeasePush::open() {
    auto token = parts_.sessionOf(device_.lease);
    if (!token) {
        co_return refused(errc::kLeaseOver,
                          "The lease " + device_.lease +
                              " is none that a session of this access key holds here.");
    }
    auto opened = co_await session_.join(std::move(*token));
    if (!opened) co_return opened;
    auto place = co_await findPlace();
    if (!place) co_return tl::unexpected(std::move(place).error());
    place_ = std::move(*place);
    keeping_ = true;
    net::asio::co_spawn(loop_, keepAlive(*this), net::asio::detached);
    co_return Pushed<>();
}

// close() waits for its end.
net::Task<void> LeasePush::keepAlive(LeasePush& self) {
    int silences = 0;
    while (!self.closing_ && !self.parts_.halt.why()) {
        auto arguments = "<percent>" + std::to_string(self.percent_) + "</percent>";
        const auto heard = co_await self.session_.call(
            "HttpNfcLeaseProgress", "HttpNfcLease", self.device_.lease, std::move(arguments));
        if (self.closing_) break;
        silences = heard ? 0 : silences + 1;
        const bool isOver = !heard && heard.error().outcome == http::Outcome::Complete;
        if (isOver || silences > kMostSilences) {
            const auto& why = heard.error().why;
            kLog.failure(log::Level::Warn, "upload.lease_over", why);
            self.parts_.halt.now(
                Error(errc::kLeaseOver,
                      "The lease " + self.device_.lease + " is over: " + why.message()));
            break;
        }
        self.timer_.expires_after(kProgressEvery);
        if (!self.closing_) co_await self.timer_.async_wait(net::kAwaitTuple);
    }
    self.keeping_ = false;
    self.kept_.notify();
}

net::Task<Pushed<>> LeasePush::push(Record& record) {
    if (place_.empty()) {
        co_return refused(errc::kLeaseOver,
                          "The gateway was restarted, and its leases ended with it. Open another "
                          "lease; the object need not be fetched again.");
    }
    http::RequestHead head;
    head.method = device_.create ? "PUT" : "POST";
    head.target = place_;
    head.headers.add("Cookie", session_.cookie());
    head.headers.add("Content-Type", "application/x-vnd.vmware-streamVmdk");
    if (device_.create) head.headers.add("Overwrite", "t");
    const auto size = parts_.cache.objectSize(record.order.sha256);
    auto taken = [this, &record, size](std::size_t count) {
        record.pushed += count;
        percent_ = static_cast<int>(std::clamp<ByteCount>(record.pushed * 100 / size, 1, 99));
        if (parts_.progressed) parts_.progressed();
    };
    auto sent = co_await sendOctets(
        parts_, std::move(head), record.order.sha256, 0, size, std::move(taken));
    if (!sent) co_return tl::unexpected(std::move(sent).error());
    co_return Pushed<>();
}

net::Task<void> LeasePush::close() {
    closing_ = true;
    timer_.cancel();
    while (keeping_) co_await kept_.wait();
    co_await session_.close();
}

}  // namespace

std::unique_ptr<PushWay> makeLeasePush(net::Loop& loop, PushParts parts, const Order& order) {
    return std::make_unique<LeasePush>(loop, std::move(parts), order);
}

}  // namespace pcg::gateway::upload

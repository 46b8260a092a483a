// SPDX-License-Identifier: Apache-2.0
// A file of a datastore: PUT /folder/PATH?dcPath=&dsName=, after a look whether something is there.
#include "common/oauth/form.h"
#include "gateway/upload/errc.h"
#include "gateway/upload/vcenter_session.h"

namespace pcg::gateway::upload {
namespace {

Found notTold(const PushFailure& failure) {
    return failure.outcome == http::Outcome::Complete ? Found::CannotTell : Found::NotNow;
}

class DatastorePush final : public PushWay {
  public:
    DatastorePush(PushParts parts, const Order& order)
        : parts_(std::move(parts)),
          file_(std::get<DatastoreFile>(order.target)),
          session_(parts_, order.key) {}

    net::Task<Pushed<>> open() override;
    net::Task<Pushed<>> push(Record& record) override;
    net::Task<Found> look(Record& record) override;
    net::Task<void> close() override;

  private:
    // The size of what is there; nothing: there is no such file.
    net::Task<Pushed<std::optional<ByteCount>>> sizeThere();
    net::Task<Pushed<>> logIn();
    net::Task<Pushed<>> checkFree();
    http::RequestHead head(std::string method) const;

    PushParts parts_;
    DatastoreFile file_;
    VcenterSession session_;
};

http::RequestHead DatastorePush::head(std::string method) const {
    std::string path;
    for (const char c : file_.path) path += c == '/' ? "/" : oauth::percentEncode({&c, 1});
    http::RequestHead head;
    head.method = std::move(method);
    head.target = "/folder/" + path + "?dcPath=" + oauth::percentEncode(file_.datacenter) +
                  "&dsName=" + oauth::percentEncode(file_.datastore);
    head.headers.add("Cookie", session_.cookie());
    return head;
}

net::Task<Pushed<>> DatastorePush::logIn() {
    if (!session_.cookie().empty()) co_return Pushed<>();
    co_return co_await session_.open();
}

net::Task<Pushed<std::optional<ByteCount>>> DatastorePush::sizeThere() {
    auto asked = head("HEAD");
    std::string none;
    auto answered =
        co_await askSmall(*parts_.caller, parts_.halt, std::move(asked), std::move(none));
    if (answered) {
        if (answered->head.body.kind == http::BodyFraming::Kind::Length)
            co_return std::optional<ByteCount>(answered->head.body.length);
        co_return tl::unexpected(PushFailure{
            Error(errc::kTargetFailed, "The vCenter does not say how long the file is."),
            http::Outcome::Complete});
    }
    if (answered.error().status == 404) co_return std::optional<ByteCount>();
    co_return tl::unexpected(std::move(answered).error());
}

// What a key may not write it will not write later: a look costs a session, a fetch gigabytes.
net::Task<Pushed<>> DatastorePush::open() {
    auto opened = co_await logIn();
    if (!opened) co_return opened;
    co_return co_await checkFree();
}

net::Task<Pushed<>> DatastorePush::checkFree() {
    auto there = co_await sizeThere();
    if (!there) co_return tl::unexpected(std::move(there).error());
    if (*there && !file_.overwrite) {
        co_return tl::unexpected(
            PushFailure{Error(errc::kTargetExists,
                              "The datastore has a file " + file_.path +
                                  " already; order with \"overwrite\": true to replace it."),
                        http::Outcome::Complete});
    }
    co_return Pushed<>();
}

net::Task<Pushed<>> DatastorePush::push(Record& record) {
    auto opened = co_await logIn();
    if (!opened) co_return opened;
    if (record.pushes <= 1) {  // later ones find what the first one left
        auto free = co_await checkFree();
        if (!free) co_return free;
    }
    auto put = head("PUT");
    put.headers.add("Content-Type", "application/octet-stream");
    const auto size = parts_.cache.objectSize(record.order.sha256);
    auto taken = [this, &record](std::size_t count) {
        record.pushed += count;
        if (parts_.progressed) parts_.progressed();
    };
    auto sent =
        co_await sendOctets(parts_, std::move(put), record.order.sha256, 0, size, std::move(taken));
    if (!sent) co_return tl::unexpected(std::move(sent).error());
    co_return Pushed<>();
}

net::Task<Found> DatastorePush::look(Record& record) {
    const auto opened = co_await logIn();
    if (!opened) co_return notTold(opened.error());
    const auto there = co_await sizeThere();
    if (!there) co_return notTold(there.error());
    if (!*there) co_return Found::Nothing;
    if (!record.size()) co_return Found::CannotTell;
    co_return **there == *record.size() ? Found::Whole : Found::Partly;
}

net::Task<void> DatastorePush::close() { co_await session_.close(); }

}  // namespace

std::unique_ptr<PushWay> makeDatastorePush(PushParts parts, const Order& order) {
    return std::make_unique<DatastorePush>(std::move(parts), order);
}

}  // namespace pcg::gateway::upload

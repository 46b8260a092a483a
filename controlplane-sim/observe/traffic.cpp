// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/observe/traffic.h"

#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/codec/base64.h"
#include "common/wire/vouched.h"

#include <utility>

namespace pcg::controlplane {
namespace {

constexpr std::size_t kMaxSegment = 64;
constexpr std::size_t kMaxPath = 256;

// Of one endpoint.
constexpr std::int64_t kRefusalsAtOnce = 30;
constexpr std::chrono::seconds kRefusalEach{10};

// What is known when a call is over.
struct Ending {
    std::string claimed;  // the access key that the client names, or nothing
    Vouched vouched;
    std::string method;
    std::string path;
    int status = 0;  // of the answer; 0: there was none
    http::Outcome outcome = http::Outcome::NotDispatched;
    bool isOverBudget = false;
    std::chrono::microseconds duration{0};
    std::uint64_t bytesUp = 0;
    std::uint64_t bytesDown = 0;
};

AuditOutcome outcomeOf(const Ending& ending) {
    if (ending.isOverBudget) return AuditOutcome::Refused;
    if (ending.outcome == http::Outcome::Unknown) return AuditOutcome::Unknown;
    if (ending.outcome == http::Outcome::NotDispatched || ending.status == 0)
        return AuditOutcome::Failed;
    if (!ending.vouched.refusal.empty()) return AuditOutcome::Refused;
    if (ending.status == 401 || ending.status == 403) return AuditOutcome::Refused;
    return ending.status < 400 ? AuditOutcome::Success : AuditOutcome::Failed;
}

std::string_view wordFor(const Ending& ending) {
    return ending.isOverBudget ? "over-budget" : nameOf(ending.outcome);
}

AuditEvent eventOf(const TrafficOf& whose, const Ending& ending) {
    AuditEvent event;
    event.actor = clientActor(ending.vouched.key, ending.claimed);
    event.action = "proxy.call";
    event.target = {"endpoint", whose.endpoint.text(), whose.name};
    event.outcome = outcomeOf(ending);
    event.durationMs =
        std::chrono::duration_cast<std::chrono::milliseconds>(ending.duration).count();
    event.bytesUp = ending.bytesUp;
    event.bytesDown = ending.bytesDown;
    event.detail = ending.method + " " + ending.path;
    const auto& meant = ending.vouched.method;
    if (!meant.empty() && meant != ending.method) event.detail += " " + meant;
    event.detail += " " + std::string(wordFor(ending));
    if (ending.status != 0) event.detail += " " + std::to_string(ending.status);
    if (!ending.vouched.refusal.empty()) event.detail += " " + ending.vouched.refusal;
    return event;
}

}  // namespace

Vouched takeVouched(http::HeaderList& headers) {
    const auto take = [&headers](std::string_view field) {
        const auto* value = headers.find(field);
        std::string taken =
            value != nullptr && headers.count(field) == 1 && wire::isVouchedText(*value)
                ? *value
                : std::string();
        headers.remove(field);
        return taken;
    };
    Vouched vouched;
    vouched.key = take(wire::kKeyField);
    if (!wire::parseAccessKeyId(vouched.key)) vouched.key.clear();
    vouched.method = take(wire::kMethodField);
    vouched.refusal = take(wire::kRefusalField);
    return vouched;
}

Actor clientActor(const std::string& vouchedKey, const std::string& claimedKey) {
    if (!vouchedKey.empty()) return {ActorKind::Key, vouchedKey};
    return {ActorKind::Client, claimedKey.empty() ? "unidentified" : "claims " + claimedKey};
}

std::optional<wire::AccessKeyId> accessKeyOf(const http::RequestHead& request) {
    constexpr std::string_view kScheme = "Basic ";
    const bool isTunnel = request.method == "CONNECT";
    const auto* header = request.headers.find(isTunnel ? "Proxy-Authorization" : "Authorization");
    if (header == nullptr || header->size() > 1024) return std::nullopt;
    const std::string_view value = *header;
    if (!equalsIgnoreCaseAscii(value.substr(0, kScheme.size()), kScheme)) return std::nullopt;
    auto decoded = codec::base64Decode(trimAscii(value.substr(kScheme.size())));
    if (!decoded) return std::nullopt;
    const auto text = asText(*decoded);
    const auto id = wire::parseAccessKeyId(text.substr(0, text.find(':')));
    wipe(MutableBytes(*decoded));
    if (!id) return std::nullopt;
    return *id;
}

std::string auditPath(std::string_view path) {
    std::string shown;
    bool isTicket = false;
    for (const auto segment : split(path.substr(0, path.find('?')), '/')) {
        if (segment.empty()) continue;
        shown += '/';
        shown += isTicket || segment.size() > kMaxSegment ? "*" : std::string(segment);
        isTicket = segment == "nfc" || segment == "guestFile" || segment == "ticket";
    }
    return shown.empty() ? "/" : shown.substr(0, kMaxPath);
}

class Traffic::MeteredCall final : public http::Call {
  public:
    MeteredCall(Traffic& traffic,
                Parts parts,
                std::shared_ptr<const TrafficOf> whose,
                std::unique_ptr<http::Call> inner,
                std::unique_ptr<TenantBudget::Stream> stream,
                Ending ending,
                SteadyTime since)
        : traffic_(traffic),
          parts_(parts),
          whose_(std::move(whose)),
          inner_(std::move(inner)),
          stream_(std::move(stream)),
          ending_(std::move(ending)),
          since_(since) {}

    ~MeteredCall() override {
        ending_.outcome = isComplete_ ? http::Outcome::Complete : inner_->outcome();
        ending_.duration = std::chrono::duration_cast<std::chrono::microseconds>(
            (isComplete_ ? endedAt_ : parts_.clock.now()) - since_);
        report(traffic_, parts_, *whose_, ending_);
    }

    net::Task<Result<>> writeBody(BytesView bytes) override {
        auto written = co_await inner_->writeBody(bytes);
        if (!written) co_return written;
        ending_.bytesUp += bytes.size();
        co_await stream_->carried(bytes.size());
        co_return written;
    }

    net::Task<Result<>> finishRequest() override { return inner_->finishRequest(); }

    net::Task<Result<http::ResponseHead>> readHead() override {
        auto head = co_await inner_->readHead();
        if (!head) co_return head;
        ending_.status = head->status;
        ending_.vouched = takeVouched(head->headers);
        co_return head;
    }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        auto count = co_await inner_->readBody(buffer);
        if (!count) co_return count;
        if (*count == 0) {
            isComplete_ = true;
            endedAt_ = parts_.clock.now();
        } else {
            ending_.bytesDown += *count;
            co_await stream_->carried(*count);
        }
        co_return count;
    }

    void cancel() override { inner_->cancel(); }

    http::Outcome outcome() const override { return inner_->outcome(); }

    static void report(Traffic& traffic,
                       const Parts& parts,
                       const TrafficOf& whose,
                       const Ending& ending) {
        const auto outcome = outcomeOf(ending);
        const bool isError = outcome == AuditOutcome::Failed || outcome == AuditOutcome::Unknown;
        parts.metrics.record(whose.endpoint,
                             {isError, ending.duration, ending.bytesUp, ending.bytesDown},
                             parts.clock.wallNow());
        auto event = eventOf(whose, ending);
        event.at = parts.clock.wallNow();
        const bool isNobody = ending.vouched.key.empty() && outcome == AuditOutcome::Refused;
        traffic.record(whose.tenant, std::move(event), isNobody && !ending.isOverBudget);
    }

  private:
    Traffic& traffic_;
    Parts parts_;
    std::shared_ptr<const TrafficOf> whose_;
    std::unique_ptr<http::Call> inner_;
    std::unique_ptr<TenantBudget::Stream> stream_;
    Ending ending_;
    SteadyTime since_;
    SteadyTime endedAt_{};
    bool isComplete_ = false;
};

class Traffic::MeteredCaller final : public http::Caller {
  public:
    MeteredCaller(Traffic& traffic,
                  Parts parts,
                  TrafficOf whose,
                  std::unique_ptr<http::Caller> inner)
        : traffic_(traffic),
          parts_(parts),
          whose_(std::make_shared<const TrafficOf>(std::move(whose))),
          inner_(std::move(inner)),
          budget_(parts.budgets.of(whose_->tenant)) {}

    net::Task<Result<std::unique_ptr<http::Call>>> start(http::RequestHead head) override {
        const auto since = parts_.clock.now();
        Ending ending;
        if (const auto key = accessKeyOf(head)) ending.claimed = key->text();
        ending.method = head.method;
        ending.path =
            head.method == "CONNECT" ? head.target.substr(0, kMaxPath) : auditPath(head.path());
        auto stream = co_await budget_->enter();
        if (!stream) {
            ending.isOverBudget = true;
            finish(ending, since);
            co_return fail(std::move(stream).error());
        }
        auto started = co_await inner_->start(std::move(head));
        if (!started) {
            finish(ending, since);
            co_return fail(std::move(started).error());
        }
        co_return std::make_unique<MeteredCall>(traffic_,
                                                parts_,
                                                whose_,
                                                std::move(*started),
                                                std::move(*stream),
                                                std::move(ending),
                                                since);
    }

  private:
    void finish(Ending& ending, SteadyTime since) const {
        ending.duration =
            std::chrono::duration_cast<std::chrono::microseconds>(parts_.clock.now() - since);
        MeteredCall::report(traffic_, parts_, *whose_, ending);
    }

    Traffic& traffic_;
    Parts parts_;
    std::shared_ptr<const TrafficOf> whose_;
    std::unique_ptr<http::Caller> inner_;
    std::shared_ptr<TenantBudget> budget_;
};

void Traffic::record(const wire::TenantId& tenant, AuditEvent event, bool isStranger) {
    if (isStranger) {
        const auto endpoint = wire::EndpointId::unchecked(event.target.id);
        auto& refusals =
            refusals_.try_emplace(endpoint, kRefusalsAtOnce, kRefusalEach).first->second;
        const auto omitted = refusals.pass(parts_.clock.now());
        if (!omitted) return;
        if (*omitted > 0)
            event.detail += ", and " + std::to_string(*omitted) + " more like it before";
    }
    parts_.audit.record(tenant, std::move(event));
}

// Nothing of what was sent is in it: whatever it is, it is not what it says.
std::function<void(const Error&)> Traffic::refusals(TrafficOf whose) {
    return [this, whose = std::move(whose)](const Error& why) {
        AuditEvent event;
        event.at = parts_.clock.wallNow();
        event.actor = clientActor({}, {});
        event.action = "proxy.call";
        event.target = {"endpoint", whose.endpoint.text(), whose.name};
        event.outcome = AuditOutcome::Refused;
        event.detail = "not let in at the ingress " + std::string(why.code().name());
        record(whose.tenant, std::move(event), true);
    };
}

std::shared_ptr<http::Caller> Traffic::meter(TrafficOf whose, std::unique_ptr<http::Caller> inner) {
    return std::make_shared<MeteredCaller>(*this, parts_, std::move(whose), std::move(inner));
}

}  // namespace pcg::controlplane

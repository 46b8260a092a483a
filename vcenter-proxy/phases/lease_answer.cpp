// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/lease_answer.h"

#include "common/log/log.h"
#include "vcenter-proxy/endpoint/headers.h"
#include "vcenter-proxy/endpoint/lease_filter.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>
#include <array>

namespace pcg::proxy {
namespace {

constexpr log::Logger kLog("proxy");
constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr std::size_t kAnswerLimit = 64 * 1024;

constexpr std::array<std::string_view, 7> kReading{"CheckForUpdates",
                                                   "ContinueRetrievePropertiesEx",
                                                   "RetrieveProperties",
                                                   "RetrievePropertiesEx",
                                                   "WaitForUpdates",
                                                   "WaitForUpdatesEx",
                                                   "FetchUpdates"};

// Importing: ResourcePool.ImportVApp. Exporting: the kinds of ExportVm.
std::optional<LeaseDirection> opens(const SoapCall& call) {
    if (call.method == "ImportVApp") return LeaseDirection::Import;
    for (const auto name : {"ExportVm", "ExportVApp", "ExportSnapshot"}) {
        if (call.method == name) return LeaseDirection::Export;
    }
    return std::nullopt;
}

// The URL that the client gets for a device; nothing: it stays, and nobody goes there.
std::optional<std::string> placeInOurs(Endpoint& endpoint,
                                       const Session& session,
                                       const std::string& client_host,
                                       const LeaseDevice& device) {
    const auto place = parseTransferPlace(device.url, device.thumbprint, endpoint.config.authority);
    if (!place) {
        kLog.failure(log::Level::Warn,
                     "proxy.lease_refused",
                     place.error(),
                     {{"endpoint", endpoint.config.name}});
        return std::nullopt;
    }
    const auto token = endpoint.leases.tokenFor(session, device.lease, device.url, *place);
    if (!token) return std::nullopt;
    // "*" is for the client to replace with the name it knows us by; a host of its own is not.
    const bool star = device.url.find("://*") != std::string::npos;
    return "https://" + (star ? std::string("*") : client_host) + "/nfc/" + *token + "/" +
           place->name;
}

http::ResponseHead headForClient(RequestContext& context, http::ResponseHead head) {
    head.headers = headersForClient(
        std::move(head.headers), context.endpoint->config.authority, context.client.host());
    return head;
}

net::Task<Result<>> passOpening(RequestContext& context,
                                const AuthorizedRequest& request,
                                http::Call& call,
                                http::ResponseHead head) {
    Bytes body(kAnswerLimit);
    std::size_t size = 0;
    while (true) {
        const MutableBytes rest = MutableBytes(body).subspan(size);
        if (rest.empty()) co_return fail(errc::kBadLease, "the answer is longer than 64 KiB");
        PCG_CO_TRY(const std::size_t count, co_await call.readBody(rest));
        if (count == 0) break;
        size += count;
    }
    body.resize(size);
    auto lease = leaseInAnswer(body);
    if (lease) {
        const auto opened = context.endpoint->leases.open(
            request.session()->shared(), std::move(*lease), *opens(*request.call()));
        // The lease is there all the same; its URLs will not be ours, so it can only be aborted.
        if (!opened) kLog.failure(log::Level::Warn, "proxy.lease_refused", opened.error(), {});
    }
    head = headForClient(context, std::move(head));
    head.body = http::BodyFraming::ofLength(body.size());
    PCG_CO_CHECK(co_await context.client.respond(std::move(head)));
    if (!body.empty()) PCG_CO_CHECK(co_await context.client.writeBody(body));
    co_return co_await context.client.finish();
}

net::Task<Result<>> passFiltered(RequestContext& context,
                                 const AuthorizedRequest& request,
                                 http::Call& call,
                                 http::ResponseHead head) {
    if (head.headers.find("content-encoding") != nullptr) {
        co_return fail(errc::kBadLease, "the endpoint compresses what it was asked not to");
    }
    auto& endpoint = *context.endpoint;
    const auto session = request.session()->shared();
    LeaseFilter filter(
        [&endpoint, session, host = context.client.host()](const LeaseDevice& device) {
            return placeInOurs(endpoint, *session, host, device);
        });
    head = headForClient(context, std::move(head));
    head.body = http::BodyFraming::chunked();
    PCG_CO_CHECK(co_await context.client.respond(std::move(head)));
    Bytes buffer(kBufferBytes);
    Bytes out;
    bool over = false;
    while (!over) {
        PCG_CO_TRY(const std::size_t count, co_await call.readBody(buffer));
        over = count == 0;
        out.clear();
        if (over) {
            PCG_CO_CHECK(filter.finish(out));
        } else {
            PCG_CO_CHECK(filter.feed(BytesView(buffer).first(count), out));
        }
        if (!out.empty()) PCG_CO_CHECK(co_await context.client.writeBody(out));
    }
    co_return co_await context.client.finish();
}

}  // namespace

bool concernsLeases(const Endpoint& endpoint, const AuthorizedRequest& request) {
    if (!request.session() || !request.call()) return false;
    const auto& call = *request.call();
    if (call.name_space != kVimNamespace) return false;
    if (opens(call)) return true;
    return std::find(kReading.begin(), kReading.end(), call.method) != kReading.end() &&
           endpoint.leases.hasAny(**request.session());
}

net::Task<Result<>> passLeaseAnswer(RequestContext& context,
                                    const AuthorizedRequest& request,
                                    http::Call& call,
                                    http::ResponseHead head) {
    if (opens(*request.call())) {
        co_return co_await passOpening(context, request, call, std::move(head));
    }
    co_return co_await passFiltered(context, request, call, std::move(head));
}

void noteLeaseCall(Endpoint& endpoint, const AuthorizedRequest& request) {
    if (!request.session() || !request.call()) return;
    const auto& call = *request.call();
    const auto& session = **request.session();
    if (call.method == "HttpNfcLeaseProgress") endpoint.leases.heard(session, call.object.id);
    if (call.method == "HttpNfcLeaseComplete" || call.method == "HttpNfcLeaseAbort") {
        endpoint.leases.end(session, call.object.id);
    }
}

}  // namespace pcg::proxy

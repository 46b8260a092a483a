// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/guest_answer.h"

#include "common/base/text.h"
#include "common/log/log.h"
#include "common/net/connect.h"
#include "common/xml/element.h"
#include "vcenter-proxy/endpoint/answer_fields.h"
#include "vcenter-proxy/endpoint/headers.h"
#include "vcenter-proxy/endpoint/own_call.h"
#include "vcenter-proxy/endpoint/transfer_place.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/phases/answer_failure.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

constexpr log::Logger kLog("proxy");
constexpr std::size_t kAnswerLimit = 64 * 1024;
constexpr std::chrono::seconds kLookLimit{10};
constexpr std::size_t kLongestId = 128;

bool isPlain(std::string_view text) {
    return !text.empty() && text.size() <= kLongestId &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
           });
}

tl::unexpected<Error> bad(std::string why) {
    return fail(errc::kBadLease, "the vCenter's answer is not passed on: " + std::move(why));
}

// The thumbprint of the host that runs a machine, asked for in the client's own session.
std::string thumbprintRequest(const std::string& machine) {
    return R"(<?xml version="1.0" encoding="UTF-8"?>)"
           "\n"
           R"(<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" )"
           R"(xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>)"
           R"(<RetrieveProperties xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this>)"
           "<specSet><propSet><type>HostSystem</type><pathSet>summary.config.sslThumbprint</"
           "pathSet>"
           R"(</propSet><objectSet><obj type="VirtualMachine">)" +
           machine +
           R"(</obj><skip>true</skip><selectSet xsi:type="TraversalSpec"><type>VirtualMachine</type>)"
           "<path>runtime.host</path><skip>false</skip></selectSet></objectSet></specSet>"
           "</RetrieveProperties></soapenv:Body></soapenv:Envelope>";
}

class PlaceAnswer {
  public:
    PlaceAnswer(RequestContext& context, const AuthorizedRequest& request, std::string machine)
        : context_(context),
          endpoint_(*context.endpoint),
          request_(request),
          machine_(std::move(machine)) {}

    net::Task<Result<std::string>> rewritten(Bytes body);

  private:
    net::Task<Result<std::string>> thumbprint();
    net::Task<Result<TransferPlace>> placeOfFile(std::string url);
    net::Task<Result<std::string>> file(Bytes body, std::vector<AnswerField> fields);
    Result<std::string> console(BytesView body, const std::vector<AnswerField>& fields);
    Result<std::string> token(TransferKind kind, LeaseDirection direction, TransferPlace place);

    RequestContext& context_;
    Endpoint& endpoint_;
    const AuthorizedRequest& request_;
    std::string machine_;
};

net::Task<Result<std::string>> PlaceAnswer::thumbprint() {
    if (machine_.empty()) {
        co_return bad("the request names no machine whose host could be asked for");
    }
    const auto session = (*request_.session()).shared();
    const std::string body = thumbprintRequest(machine_);
    OwnCall own;
    own.body = asBytes(body);
    own.deadline = kLookLimit;
    own.headers.add("Cookie", session->soapCookies());
    if (!session->soap_action.empty()) own.headers.add("SOAPAction", session->soap_action);
    const auto answer = co_await callEndpoint(context_.endpoint, std::move(own));
    if (!answer) co_return fail(answer.error().error);
    const auto parsed = xml::parse(answer->body, {.bytes = kOwnAnswerLimit});
    const auto* found =
        parsed ? parsed->at("Body/RetrievePropertiesResponse/returnval/propSet") : nullptr;
    const bool is_it = found != nullptr && found->textAt("name") == "summary.config.sslThumbprint";
    if (!is_it) co_return bad("the host of " + machine_ + " has no thumbprint");
    co_return std::string(found->textAt("val"));
}

// A URL of the vCenter itself needs no thumbprint; every other host does.
net::Task<Result<TransferPlace>> PlaceAnswer::placeOfFile(std::string url) {
    auto place = parseTransferPlace(url, "", endpoint_.config.authority);
    if (!place) {
        PCG_CO_TRY(const auto shown, co_await thumbprint());
        place = parseTransferPlace(url, shown, endpoint_.config.authority);
    }
    if (place) place->name = "file";
    co_return place;
}

Result<std::string> PlaceAnswer::token(TransferKind kind,
                                       LeaseDirection direction,
                                       TransferPlace place) {
    return endpoint_.leases.tokenForOne(
        (*request_.session()).shared(), kind, direction, std::move(place));
}

net::Task<Result<std::string>> PlaceAnswer::file(Bytes body, std::vector<AnswerField> fields) {
    const bool to = request_.call()->method == "InitiateFileTransferToGuest";
    const auto* field = fieldNamed(fields, to ? "returnval" : "url");
    if (field == nullptr || !field->plain || field->text.empty()) {
        co_return bad("it has no URL where one belongs");
    }
    PCG_CO_TRY(auto place, co_await placeOfFile(field->text));
    auto made = token(TransferKind::GuestFile,
                      to ? LeaseDirection::Import : LeaseDirection::Export,
                      std::move(place));
    if (!made) co_return fail(made.error());
    AnswerEdit edit{field, "https://" + context_.client.host() + "/guestFile/" + *made + "/file"};
    std::vector<AnswerEdit> edits;
    edits.push_back(std::move(edit));
    co_return withEdits(body, std::move(edits));
}

// Where the ticket lets in, as a URL of https: the newer field `url`, or host and port.
Result<std::string> consoleUrl(const std::vector<AnswerField>& fields, const std::string& ticket) {
    const auto textOf = [&](std::string_view name) {
        const auto* field = fieldNamed(fields, name);
        return field == nullptr ? std::string() : field->text;
    };
    const auto url = textOf("url");
    constexpr std::string_view kScheme = "wss://";
    if (!url.empty()) {
        const auto rest = url.substr(std::min(url.size(), kScheme.size()));
        if (!url.starts_with(kScheme) || !rest.ends_with("/ticket/" + ticket)) {
            return bad("the URL of its ticket is not one of a WebSocket");
        }
        return "https://" + rest;
    }
    auto host = textOf("host");
    if (host.empty()) return "https://*/ticket/" + ticket;
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    const auto port = textOf("port");
    return "https://" + host + (port.empty() ? "" : ":" + port) + "/ticket/" + ticket;
}

Result<std::string> PlaceAnswer::console(BytesView body, const std::vector<AnswerField>& fields) {
    const auto* ticket = fieldNamed(fields, "ticket");
    if (ticket == nullptr || !ticket->plain || !isPlain(ticket->text)) {
        return bad("it has no ticket where one belongs");
    }
    const auto* thumbprint = fieldNamed(fields, "sslThumbprint");
    const auto url = PCG_TRY(consoleUrl(fields, ticket->text));
    auto place = PCG_TRY(parseTransferPlace(
        url, thumbprint == nullptr ? "" : thumbprint->text, endpoint_.config.authority));
    place.name = "console";
    const auto client = context_.client.host();
    const auto ours = PCG_TRY(net::targetOfUrl("https://" + client + "/", 443));
    const auto made =
        PCG_TRY(token(TransferKind::Console, LeaseDirection::Export, std::move(place)));
    std::vector<AnswerEdit> edits;
    for (const auto& field : fields) {
        const bool filled = field.plain && !field.text.empty();
        if (field.name == "ticket") edits.push_back({&field, made});
        if (field.name == "url" && filled)
            edits.push_back({&field, "wss://" + client + "/ticket/" + made});
        if (field.name == "host" && filled) edits.push_back({&field, ours.host});
        if (field.name == "port" && filled) edits.push_back({&field, std::to_string(ours.port)});
        // Of a certificate that the client does not meet.
        if (field.name == "sslThumbprint" || field.name == "certThumbprintList")
            edits.push_back({&field, std::nullopt});
    }
    return withEdits(body, std::move(edits));
}

net::Task<Result<std::string>> PlaceAnswer::rewritten(Bytes body) {
    PCG_CO_TRY(auto fields, resultFields(body));
    if (request_.call()->method == "AcquireTicket") co_return console(body, fields);
    co_return co_await file(std::move(body), std::move(fields));
}

net::Task<Result<Bytes>> readAnswer(http::Call& call) {
    Bytes body(kAnswerLimit);
    std::size_t size = 0;
    while (true) {
        const MutableBytes rest = MutableBytes(body).subspan(size);
        if (rest.empty()) co_return bad("it is longer than 64 KiB");
        PCG_CO_TRY(const std::size_t count, co_await call.readBody(rest));
        if (count == 0) break;
        size += count;
    }
    body.resize(size);
    co_return body;
}

}  // namespace

bool namesPlace(const AuthorizedRequest& request) {
    if (!request.session() || !request.call()) return false;
    const auto& call = *request.call();
    return call.name_space == kVimNamespace &&
           (call.method == "InitiateFileTransferToGuest" ||
            call.method == "InitiateFileTransferFromGuest" || call.method == "AcquireTicket");
}

std::string machineOf(const AuthorizedRequest& request, const policy::Arguments& arguments) {
    if (!namesPlace(request)) return {};
    for (const auto& reference : arguments.references) {
        if (reference.element == "vm" && isPlain(reference.id)) return reference.id;
    }
    return {};
}

net::Task<Result<>> passPlaceAnswer(RequestContext& context,
                                    const AuthorizedRequest& request,
                                    http::Call& call,
                                    http::ResponseHead head,
                                    std::string machine) {
    PCG_CO_TRY(auto body, co_await readAnswer(call));
    PlaceAnswer answer(context, request, std::move(machine));
    auto text = co_await answer.rewritten(std::move(body));
    if (!text) {
        kLog.failure(log::Level::Warn,
                     "proxy.lease_refused",
                     text.error(),
                     {{"endpoint", context.endpoint->config.name}});
        co_await answerFailure(context, Surface::Soap, text.error(), http::Outcome::Unknown);
        co_return Result<>();
    }
    head.headers = headersForClient(
        std::move(head.headers), context.endpoint->config.authority, context.client.host());
    head.body = http::BodyFraming::ofLength(text->size());
    PCG_CO_CHECK(co_await context.client.respond(std::move(head)));
    PCG_CO_CHECK(co_await context.client.writeBody(asBytes(*text)));
    co_return co_await context.client.finish();
}

Result<> checkTicketType(BytesView body) {
    const auto parsed = xml::parse(body);
    const auto* asked = parsed ? parsed->at("Body/AcquireTicket") : nullptr;
    int types = 0;
    bool is_console = asked != nullptr;
    for (const auto& child : asked == nullptr ? std::vector<xml::Element>() : asked->children) {
        if (child.name != "ticketType") continue;
        ++types;
        is_console = is_console && child.children.empty() && child.text == "webmks";
    }
    if (is_console && types == 1) return {};
    return fail(errc::kMethodDenied,
                "AcquireTicket is open for consoles over WebSockets only (ticketType webmks)");
}

}  // namespace pcg::proxy

// SPDX-License-Identifier: Apache-2.0
#include "gateway/upload/vcenter_session.h"

#include "common/base/text.h"
#include "common/net/deadline.h"
#include "gateway/upload/errc.h"

namespace pcg::gateway::upload {
namespace {

constexpr ByteCount kMaxAnswer = 1_MiB;
constexpr std::chrono::seconds kLogoutWithin{10};

tl::unexpected<PushFailure> notAVcenter() {
    return tl::unexpected(
        PushFailure{Error(errc::kTargetFailed, "The endpoint's answer is not one of a vCenter."),
                    http::Outcome::Complete});
}

}  // namespace

net::Task<Pushed<xml::Element>> VcenterSession::call(std::string method,
                                                     std::string type,
                                                     std::string id,
                                                     std::string arguments) {
    co_return co_await callUnder(
        parts_.halt, std::move(method), std::move(type), std::move(id), std::move(arguments));
}

net::Task<Pushed<xml::Element>> VcenterSession::callUnder(
    Halt& halt, std::string method, std::string type, std::string id, std::string arguments) {
    http::RequestHead head;
    head.method = "POST";
    head.target = "/sdk";
    head.headers.add("Content-Type", "text/xml; charset=utf-8");
    head.headers.add("SOAPAction", "urn:vim25/6.7");
    if (!cookie_.empty()) head.headers.add("Cookie", cookie_);
    std::string body =
        R"(<?xml version="1.0" encoding="UTF-8"?>)"
        R"(<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/")"
        R"( xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>)";
    // No copy of a password is left behind by growing.
    body.reserve(body.size() + arguments.size() + 2 * method.size() + 512);
    body += "<" + method + " xmlns=\"urn:vim25\"><_this type=\"" + type + "\">";
    xml::appendEscaped(body, id);
    body += "</_this>";
    body += arguments;
    body += "</" + method + "></soapenv:Body></soapenv:Envelope>";
    wipe(arguments);
    auto answered = co_await askSmall(*parts_.caller, halt, std::move(head), std::move(body));
    if (!answered) co_return tl::unexpected(std::move(answered).error());
    for (const auto& header : answered->head.headers) {
        if (!equalsIgnoreCaseAscii(header.name, "Set-Cookie") || header.value.size() > 4096)
            continue;
        cookie_ = header.value.substr(0, header.value.find(';'));
    }
    auto document = xml::parse(asBytes(answered->body), {.bytes = kMaxAnswer});
    if (!document || document->child("Body") == nullptr) co_return notAVcenter();
    co_return *document->child("Body");
}

net::Task<Pushed<>> VcenterSession::ask() {
    auto described =
        co_await call("RetrieveServiceContent", "ServiceInstance", "ServiceInstance", "");
    if (!described) co_return tl::unexpected(std::move(described).error());
    const std::string_view root = "RetrieveServiceContentResponse/returnval/";
    manager_ = described->textAt(std::string(root) + "sessionManager");
    collector_ = described->textAt(std::string(root) + "propertyCollector");
    if (manager_.empty() || collector_.empty()) co_return notAVcenter();
    co_return Pushed<>();
}

net::Task<Pushed<>> VcenterSession::join(Secret token) {
    joined_ = true;
    cookie_ = "vmware_soap_session=" + std::string(token.revealText());
    co_return co_await ask();
}

net::Task<Pushed<>> VcenterSession::open() {
    auto asked = co_await ask();
    if (!asked) co_return asked;
    std::string arguments = "<userName>" + key_.text() + "</userName><password>";
    arguments.reserve(arguments.size() + 6 * parts_.password.size() + 64);
    xml::appendEscaped(arguments, parts_.password.revealText());
    arguments += "</password>";
    auto accepted = co_await call("Login", "SessionManager", manager_, std::move(arguments));
    if (!accepted) co_return tl::unexpected(std::move(accepted).error());
    co_return Pushed<>();
}

net::Task<void> VcenterSession::close() {
    if (joined_) wipe(cookie_);
    if (joined_ || cookie_.empty()) co_return;
    // Also of an upload that was cut short, but not for ever.
    const auto executor = co_await net::asio::this_coro::executor;
    Halt halt(executor);
    const net::Deadline deadline(executor, kLogoutWithin, [&halt] {
        halt.now(Error(errc::kTargetFailed, "the vCenter does not answer"));
    });
    [[maybe_unused]] const auto ended =
        co_await callUnder(halt, "Logout", "SessionManager", manager_, "");
    cookie_.clear();
}

}  // namespace pcg::gateway::upload

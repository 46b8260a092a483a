// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/terminal.h"

#include "common/base/text.h"
#include "common/codec/json.h"
#include "pairing/tenant_name.h"

#include <cstdio>

#include <poll.h>
#include <unistd.h>

namespace pcg::controlplane::cli {
namespace {

using codec::json::Object;

constexpr int kLookUp = 200;  // ms
constexpr std::size_t kMaxAnswer = 64;

std::string shown(const std::string& text) { return pairing::displayName(text).text; }

bool isYes(std::string_view line) {
    const auto word = toLowerAscii(trimAscii(line));
    return word == "y" || word == "yes";
}

}  // namespace

void printLine(const std::string& line) {
    std::fprintf(stdout, "%s\n", line.c_str());
    std::fflush(stdout);
}

AnswerReader::~AnswerReader() {
    stopped_ = true;
    if (thread_.joinable()) thread_.join();
}

void AnswerReader::read(std::function<void(bool)> onAnswer) {
    if (thread_.joinable()) return;
    thread_ = std::thread([this, callback = std::move(onAnswer)] { readLine(callback); });
}

void AnswerReader::readLine(const std::function<void(bool)>& onAnswer) {
    std::string line;
    while (!stopped_ && line.size() < kMaxAnswer) {
        pollfd input{STDIN_FILENO, POLLIN, 0};
        if (::poll(&input, 1, kLookUp) <= 0) continue;
        char c = 0;
        if (::read(STDIN_FILENO, &c, 1) != 1 || c == '\n') break;
        line.push_back(c);
    }
    if (stopped_) return;
    net::asio::post(loop_, [onAnswer, yes = isYes(line)] { onAnswer(yes); });
}

void Terminal::progress(std::string_view sentence, std::string_view state) {
    if (json_)
        printLine(codec::json::write(Object().set("event", "progress").set("state", state)));
    else
        printLine(std::string(sentence));
}

void Terminal::ask(const pairing::Comparison& comparison) {
    if (json_) {
        Object event;
        event.set("event", "confirm")
            .set("sas", comparison.sas)
            .set("tenant_name", shown(comparison.tenantName))
            .set("tenant_id", comparison.tenantId)
            .set("gateway_id", comparison.gatewayId)
            .set("hostname", shown(comparison.hostname))
            .set("version", shown(comparison.softwareVersion))
            .set("automatic", comparison.automatic);
        printLine(codec::json::write(event));
    } else {
        const auto name = "\"" + shown(comparison.tenantName) + "\"";
        printLine("Gateway " + shown(comparison.hostname) + " (" + comparison.gatewayId +
                  ", version " + shown(comparison.softwareVersion) + ") knows the code.");
        const auto question =
            comparison.automatic
                ? "It is set up for tenant " + name + " and asks nobody. Pair it? [y/N] "
                : "Does the gateway's console show " + pairing::groupedSas(comparison.sas) +
                      " and the tenant name " + name + "? [y/N] ";
        std::fprintf(stdout, "%s", question.c_str());
        std::fflush(stdout);
    }
    reader_.read(onAnswer_);
}

void Terminal::paired(const std::string& gatewayId) {
    if (json_)
        printLine(codec::json::write(Object().set("event", "paired").set("gateway_id", gatewayId)));
    else
        printLine("Paired: the gateway " + gatewayId + " belongs to your tenant.");
}

void Terminal::failed(const Error& error) {
    if (json_) {
        Object event;
        event.set("event", "failed")
            .set("code", error.code().name())
            .set("message", error.message());
        printLine(codec::json::write(event));
    } else {
        std::fprintf(stderr, "pcg: %s\n", error.message().c_str());
    }
}

}  // namespace pcg::controlplane::cli

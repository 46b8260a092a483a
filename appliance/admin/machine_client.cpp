// SPDX-License-Identifier: Apache-2.0
#include "appliance/admin/machine_client.h"

#include "common/base/secret.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace pcg::appliance {
namespace {

namespace json = codec::json;

struct Socket {
    int value = -1;

    Socket() : value(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}

    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    ~Socket() {
        if (value >= 0) ::close(value);
    }
};

bool connectTo(const Socket& socket, const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return false;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return ::connect(socket.value, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
           0;
}

bool sendAll(const Socket& socket, std::string_view text) {
    while (!text.empty()) {
        const auto sent = ::send(socket.value, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

// More of the answer; false at its end, or too late.
bool receive(const Socket& socket,
             std::chrono::steady_clock::time_point deadline,
             std::string& text) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd waiting{socket.value, POLLIN, 0};
    if (left.count() <= 0) return false;
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) return true;
    if (ready <= 0) return false;
    std::array<char, 16384> piece{};
    const auto got = ::read(socket.value, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) return false;
    text.append(piece.data(), static_cast<std::size_t>(got));
    return text.size() <= kMaxReply;
}

// What the machine may say; a code is a constant here.
ErrorCode codeOf(const json::Object& answer) {
    static constexpr std::array kCodes{
        kBadRequest, kBusy, kWrong, kReverted, kBadPin, kPinWait, kCannotWrite};
    const auto name = answer.string("code", 256);
    if (!name) return kRefused;
    const auto* known = std::ranges::find(kCodes, *name, &ErrorCode::name);
    return known == kCodes.end() ? kRefused : *known;
}

std::string problemsOf(const json::Object& answer) {
    std::string text;
    const auto problems = answer.array("problems", 64);
    if (!problems) return text;
    for (const auto& item : **problems) {
        const auto* one = item.asObject();
        if (one == nullptr) continue;
        const auto code = one->string("code", 256);
        const auto subject = one->string("subject", 256);
        const auto message = one->string("message", 4096);
        if (code && subject && message) text += "\n  " + *code + ": " + *subject + ": " + *message;
    }
    return text;
}

}  // namespace

bool MachineClient::exists() const { return ::access(socket_.c_str(), F_OK) == 0; }

Result<json::Object> MachineClient::ask(
    const json::Object& request,
    std::chrono::seconds limit,
    const std::function<void(const json::Object&)>& onWord) const {
    const Socket socket;
    if (socket.value < 0 || !connectTo(socket, socket_)) {
        return fail(kNoMachine,
                    "This works on the appliance only: " + socket_ + " cannot be opened (" +
                        std::strerror(errno) + ").");
    }
    auto line = json::write(request) + "\n";
    const bool sent = sendAll(socket, line);
    wipe(line);
    if (!sent) return fail(kNoMachine, "The machine did not take the request.");
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::optional<json::Object> last;
    std::string text;
    for (bool more = true; more;) {
        more = receive(socket, deadline, text);
        for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
            auto word = json::parseObject(std::string_view(text).substr(0, end), kMaxReply);
            text.erase(0, end + 1);
            if (!word) return fail(kNoMachine, "The machine's answer cannot be read.");
            if (onWord && !word->has("ok")) onWord(*word);
            last = std::move(*word);
        }
    }
    if (!last || !last->has("ok")) {
        return fail(kNoMachine,
                    "The machine has not said how it ended. Look again with: pcgctl settings show");
    }
    return std::move(*last);
}

Result<json::Object> MachineClient::demand(
    const json::Object& request,
    std::chrono::seconds limit,
    const std::function<void(const json::Object&)>& onWord) const {
    auto answer = PCG_TRY(ask(request, limit, onWord));
    PCG_TRY(checked(answer));
    return answer;
}

Result<> checked(const json::Object& answer) {
    const auto okay = answer.booleanOr("ok", false);
    if (okay && *okay) return {};
    const auto message = answer.string("message", 8192);
    return fail(codeOf(answer),
                (message ? *message : std::string("Refused.")) + problemsOf(answer));
}

std::string coded(const Error& error) {
    return std::string(error.code().name()) + ": " + error.message();
}

json::Object toDo(std::string_view what) { return json::Object().set("do", what); }

}  // namespace pcg::appliance

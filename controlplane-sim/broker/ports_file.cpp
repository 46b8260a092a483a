// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/broker/ports_file.h"

#include "common/base/text.h"
#include "common/codec/json.h"
#include "controlplane-sim/broker/errc.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pcg::controlplane::broker {
namespace {

namespace json = codec::json;

constexpr std::size_t kMaxFileSize = 64 * 1024;

Result<std::uint16_t> portOf(const json::Object& object, std::string_view name) {
    const auto urls = PCG_TRY(object.strings(name, 16, 256));
    for (const auto& url : urls) {
        const auto colon = url.rfind(':');
        if (colon == std::string::npos) continue;
        const auto port = parseUnsigned(std::string_view(url).substr(colon + 1));
        if (port && *port > 0 && *port <= 65535) return static_cast<std::uint16_t>(*port);
    }
    return fail(kStart, "The broker's ports file names no port for \"" + std::string(name) + "\".");
}

std::optional<std::string> readSmallFile(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.size() > kMaxFileSize) return std::nullopt;
    return text;
}

Error fileError(const std::filesystem::path& file) {
    return {kFile,
            "The file \"" + file.string() + "\" cannot be written: " + std::strerror(errno) + "."};
}

}  // namespace

Result<Ports> parsePortsFile(std::string_view text) {
    const auto object = PCG_TRY(json::parseObject(text));
    const auto client = PCG_TRY(portOf(object, "nats"));
    const auto monitor = PCG_TRY(portOf(object, "monitoring"));
    const auto webSocket =
        object.has("websocket") ? PCG_TRY(portOf(object, "websocket")) : std::uint16_t{0};
    return Ports{client, monitor, webSocket};
}

std::optional<Ports> findPortsFile(const std::filesystem::path& directory) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
        if (entry.path().extension() != ".ports") continue;
        const auto text = readSmallFile(entry.path());
        if (!text) continue;
        // Half-written is not yet there: it is looked at again.
        if (auto ports = parsePortsFile(*text)) return *ports;
    }
    return std::nullopt;
}

Ports recallPorts(const std::filesystem::path& file) {
    const auto text = readSmallFile(file);
    if (!text) return {};
    const auto object = json::parseObject(*text);
    if (!object) return {};
    const auto client = object->integer("client", 1, 65535);
    const auto monitor = object->integer("monitor", 1, 65535);
    if (!client || !monitor) return {};
    // Of an earlier version: there was none.
    const auto webSocket = object->optionalInteger("websocket", 0, 65535);
    return {static_cast<std::uint16_t>(*client),
            static_cast<std::uint16_t>(*monitor),
            static_cast<std::uint16_t>(webSocket ? webSocket->value_or(0) : 0)};
}

Result<> rememberPorts(const std::filesystem::path& file, const Ports& ports) {
    json::Object object;
    object.set("client", ports.client)
        .set("monitor", ports.monitor)
        .set("websocket", ports.webSocket);
    return writePrivateFile(file, json::write(object) + "\n");
}

Result<> writePrivateFile(const std::filesystem::path& file, std::string_view text) {
    const auto temporary = file.string() + ".new";
    const int descriptor =
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) return fail(fileError(file));
    bool written = ::fchmod(descriptor, 0600) == 0;
    while (written && !text.empty()) {
        const auto count = ::write(descriptor, text.data(), text.size());
        written = count > 0 || errno == EINTR;
        if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    }
    written = written && ::fsync(descriptor) == 0;
    if (::close(descriptor) != 0 || !written || ::rename(temporary.c_str(), file.c_str()) != 0) {
        auto error = fileError(file);
        ::unlink(temporary.c_str());
        return fail(std::move(error));
    }
    return {};
}

}  // namespace pcg::controlplane::broker

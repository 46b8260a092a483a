// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/input.h"

#include "common/base/bytes.h"
#include "controlplane-sim/cli/tenant_api.h"

#include <fstream>
#include <iostream>
#include <iterator>

namespace pcg::controlplane::cli {
namespace {

constexpr std::size_t kMaxPasswordFile = 4096;

tl::unexpected<Error> unreadable(std::string_view what, const std::string& name) {
    const auto before = what.empty() ? std::string() : std::string(what) + ": ";
    return fail(kFile, before + "\"" + name + "\" is not there, empty, or far too large");
}

}  // namespace

Result<std::string> readFile(std::string_view what, const std::string& name, std::size_t most) {
    std::ifstream file(name, std::ios::binary);
    std::string text(most + 1, '\0');  // at once: what grows leaves copies of a secret behind
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (file.is_open() && !file.bad() && !text.empty() && text.size() <= most) return text;
    wipe(text);
    return unreadable(what, name);
}

Result<Secret> readPassword(std::string_view what, const std::string& name) {
    std::string text;
    if (name == "-") {
        text.reserve(kMaxPasswordFile);
        char c = 0;
        while (text.size() < kMaxPasswordFile && std::cin.get(c) && c != '\n') text.push_back(c);
    } else {
        text = PCG_TRY(readFile(what, name, kMaxPasswordFile));
    }
    std::string_view line = std::string_view(text).substr(0, text.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    auto password = Secret::fromText(line);
    wipe(text);
    if (!password.empty()) return password;
    return fail(kFile, std::string(what) + ": the first line is empty; it must be the password");
}

std::string percentEncode(std::string_view text) {
    std::string out;
    for (const auto octet : asBytes(text)) {
        const auto c = static_cast<char>(octet);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
        if (plain)
            out += c;
        else
            out += '%' + toHex({&octet, 1});
    }
    return out;
}

}  // namespace pcg::controlplane::cli

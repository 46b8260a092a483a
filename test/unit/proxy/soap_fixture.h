// SPDX-License-Identifier: Apache-2.0
// SOAP requests for the tests of this folder: captured ones, and small ones made to order.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pcg::proxy::test {

inline std::string capturedSoap(const std::string& file) {
    const auto path = std::filesystem::path(PCG_SOURCE_DIR) / "test/vectors/soap" / file;
    std::ifstream stream(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (text.empty()) throw std::runtime_error("no vector " + path.string());
    return text;
}

// `body` inside soap:Body, `header` (if any) inside soap:Header; the prefix is "s".
inline std::string envelope(std::string_view body, std::string_view header = {}) {
    std::string text = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">";
    if (!header.empty()) text += "<s:Header>" + std::string(header) + "</s:Header>";
    return text + "<s:Body>" + std::string(body) + "</s:Body></s:Envelope>";
}

// A call in urn:vim25 with `_this` and, after it, `arguments`.
inline std::string call(std::string_view method,
                        std::string_view type,
                        std::string_view id,
                        std::string_view arguments = {}) {
    const std::string name(method);
    return "<" + name + " xmlns=\"urn:vim25\"><_this type=\"" + std::string(type) + "\">" +
           std::string(id) + "</_this>" + std::string(arguments) + "</" + name + ">";
}

inline std::string loginCall(std::string_view username, std::string_view password) {
    return call("Login",
                "SessionManager",
                "SessionManager",
                "<userName>" + std::string(username) + "</userName><password>" +
                    std::string(password) + "</password>");
}

}  // namespace pcg::proxy::test

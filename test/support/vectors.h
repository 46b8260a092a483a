// SPDX-License-Identifier: Apache-2.0
// Published and golden test vectors, read from test/vectors. A vector that is not there, or not
// hex, throws: a test without its vectors is void. Users link `codec`.
#pragma once

#include "common/codec/json.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace pcg::test {

inline codec::json::Object loadVectors(const std::string& file) {
    std::ifstream stream(std::filesystem::path(PCG_SOURCE_DIR) / "test/vectors" / file,
                         std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    auto object = codec::json::parseObject(text, 16_MiB);
    if (!object) throw std::runtime_error(file + ": " + object.error().message());
    return std::move(*object);
}

// The objects of an array of vectors.
inline std::vector<codec::json::Object> casesOf(const codec::json::Object& vectors,
                                                std::string_view name) {
    std::vector<codec::json::Object> cases;
    for (const auto& item : **vectors.array(name, 10'000)) cases.push_back(*item.asObject());
    if (cases.empty()) throw std::runtime_error("no vectors under " + std::string(name));
    return cases;
}

inline std::string textOf(const codec::json::Object& vector, std::string_view name) {
    auto text = vector.string(name, 1'000'000);
    if (!text) throw std::runtime_error(text.error().message());
    return std::move(*text);
}

inline Bytes hexOf(const codec::json::Object& vector, std::string_view name) {
    auto bytes = fromHex(textOf(vector, name));
    if (!bytes) throw std::runtime_error(std::string(name) + " is not hex");
    return std::move(*bytes);
}

}  // namespace pcg::test

// SPDX-License-Identifier: Apache-2.0
#include "appliance/admin/tar_writer.h"

#include "common/base/assert.h"

namespace pcg::appliance {
namespace {

constexpr std::size_t kBlock = 512;

void put(std::string& block, std::size_t at, std::string_view text) {
    block.replace(at, text.size(), text);
}

std::string octal(std::uint64_t value, std::size_t digits) {
    std::string text(digits, '0');
    for (auto at = digits; at-- > 0; value >>= 3) text[at] = static_cast<char>('0' + (value & 7));
    return text;
}

}  // namespace

void TarWriter::add(std::string_view name, std::string_view content) {
    PCG_ASSERT(!name.empty() && name.size() < 100);
    std::string block(kBlock, '\0');
    put(block, 0, name);
    put(block, 100, "0000600");
    put(block, 108, "0000000");
    put(block, 116, "0000000");
    put(block, 124, octal(content.size(), 11));
    put(block, 136, octal(static_cast<std::uint64_t>(toUnixMilliseconds(made_) / 1000), 11));
    put(block, 148, "        ");
    block[156] = '0';
    put(block, 257, std::string_view("ustar\00000", 8));
    std::uint64_t sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    put(block, 148, octal(sum, 6) + std::string("\0 ", 2));
    archive_ += block;
    archive_ += content;
    archive_.resize((archive_.size() + kBlock - 1) / kBlock * kBlock, '\0');
}

std::string TarWriter::take() {
    archive_.append(2 * kBlock, '\0');
    return std::move(archive_);
}

}  // namespace pcg::appliance

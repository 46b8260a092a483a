// SPDX-License-Identifier: Apache-2.0
#include "appliance/importer/tar_reader.h"

#include <algorithm>
#include <optional>

#include "appliance/importer/errc.h"

namespace pcg::appliance {
namespace {

// POSIX.1-2017, pax, "ustar Interchange Format".
constexpr std::size_t kBlock = 512;

struct Field {
    std::size_t at;
    std::size_t size;
};

constexpr Field kName{0, 100};
constexpr Field kSize{124, 12};
constexpr Field kChecksum{148, 8};
constexpr Field kMagic{257, 5};
constexpr Field kPrefix{345, 155};
constexpr std::size_t kType = 156;

std::string_view fieldOf(BytesView block, Field field) {
    const auto text = asText(block.subspan(field.at, field.size));
    return text.substr(0, text.find('\0'));
}

std::optional<ByteCount> octalOf(BytesView block, Field field) {
    auto text = fieldOf(block, field);
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    if (text.empty() || text.size() > 12) return std::nullopt;
    ByteCount value = 0;
    for (const char c : text) {
        if (c < '0' || c > '7') return std::nullopt;
        value = value * 8 + static_cast<ByteCount>(c - '0');
    }
    return value;
}

ByteCount checksumOf(BytesView block) {
    ByteCount sum = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
        const bool own = i >= kChecksum.at && i < kChecksum.at + kChecksum.size;
        sum += own ? ' ' : block[i];
    }
    return sum;
}

bool isPlainName(std::string_view name) {
    constexpr std::string_view kMarks = "-_.+ ()";
    return !name.empty() && name.front() != '.' && name.front() != '-' && name.front() != ' ' &&
           std::ranges::all_of(name, [kMarks](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      kMarks.find(c) != std::string_view::npos;
           });
}

// For messages: whatever stands there, on one line.
std::string shown(std::string_view name) {
    std::string text;
    for (const char c : name.substr(0, 60)) text += c >= 0x20 && c < 0x7f ? c : '?';
    return "\"" + text + "\"";
}

Result<> checkKind(BytesView block) {
    const char type = static_cast<char>(block[kType]);
    if (type == '0' || type == '\0') return {};
    const auto what = std::string_view("xgL").find(type) != std::string_view::npos
                          ? "uses an extension of tar; pack it with tar --format=ustar"
                          : "is no plain file";
    return fail(errc::kArchive, shown(fieldOf(block, kName)) + " in the OVA " + what + ".");
}

}  // namespace

ByteCount TarReader::padding() const { return (kBlock - member_.size % kBlock) % kBlock; }

Result<> TarReader::zeros(BytesView octets) const {
    if (std::ranges::all_of(octets, [](std::uint8_t octet) { return octet == 0; })) return {};
    return fail(errc::kArchive,
                state_ == State::End
                    ? "Something follows the end of the archive; the OVA is not what was packed."
                    : "The room behind " + shown(member_.name) + " in the OVA is not empty.");
}

Result<> TarReader::header(TarSink& sink) {
    const BytesView block = block_;
    if (std::ranges::all_of(block, [](std::uint8_t octet) { return octet == 0; })) {
        if (++emptyBlocks_ == 2) state_ = State::End;
        return {};
    }
    if (emptyBlocks_ > 0) return fail(errc::kArchive, "The OVA goes on after an empty block.");
    if (asText(block.subspan(kMagic.at, kMagic.size)) != "ustar") {
        return fail(errc::kArchive,
                    names_.empty() ? "This is no OVA: it does not begin as a tar archive does."
                                   : "What follows " + shown(names_.back()) +
                                         " in the OVA is no header of tar; the file is damaged.");
    }
    if (octalOf(block, kChecksum) != checksumOf(block))
        return fail(errc::kArchive, "A header in the OVA is damaged: its checksum does not hold.");
    PCG_TRY(checkKind(block));
    const auto name = fieldOf(block, kName);
    if (!fieldOf(block, kPrefix).empty() || !isPlainName(name)) {
        return fail(errc::kName,
                    shown(name) +
                        " in the OVA is no plain file name: a path, or hidden, or with "
                        "characters that do not belong there. Nothing was unpacked.");
    }
    if (std::ranges::find(names_, name) != names_.end())
        return fail(errc::kName, shown(name) + " is in the OVA twice.");
    if (names_.size() == kMaxMembers) {
        return fail(errc::kArchive,
                    "The OVA holds more than " + std::to_string(kMaxMembers) + " files.");
    }
    const auto size = octalOf(block, kSize);
    if (!size) return fail(errc::kArchive, "The size of " + shown(name) + " cannot be read.");
    names_.emplace_back(name);
    member_ = {std::string(name), at_, *size};
    left_ = *size;
    PCG_TRY(sink.begin(member_));
    state_ = State::Data;
    return {};
}

Result<> TarReader::feed(BytesView octets, TarSink& sink) {
    while (!octets.empty() || (state_ != State::Header && state_ != State::End && left_ == 0)) {
        if (state_ == State::End) return zeros(octets);
        if (state_ == State::Header) {
            const auto taken = std::min(octets.size(), kBlock - block_.size());
            append(block_, octets.first(taken));
            at_ += taken;
            octets = octets.subspan(taken);
            if (block_.size() < kBlock) return {};
            PCG_TRY(header(sink));
            block_.clear();
            continue;
        }
        const auto taken = static_cast<std::size_t>(std::min<ByteCount>(octets.size(), left_));
        const auto piece = octets.first(taken);
        octets = octets.subspan(taken);
        at_ += taken;
        left_ -= taken;
        if (state_ == State::Data && taken > 0) PCG_TRY(sink.data(piece));
        if (state_ == State::Padding) PCG_TRY(zeros(piece));
        if (left_ > 0) return {};
        if (state_ == State::Data) {
            PCG_TRY(sink.end());
            state_ = State::Padding;
            left_ = padding();
        } else {
            state_ = State::Header;
        }
    }
    return {};
}

Result<> TarReader::finish() const {
    if (state_ == State::End) return {};
    if (at_ == 0) return fail(errc::kTruncated, "The OVA is empty.");
    std::string where = "between its files";
    if (state_ == State::Data) {
        where = "in " + shown(member_.name) + ": " + std::to_string(member_.size - left_) + " of " +
                std::to_string(member_.size) + " octets are there";
    }
    return fail(errc::kTruncated, "The OVA is cut off " + where + ". Copy or download it again.");
}

}  // namespace pcg::appliance

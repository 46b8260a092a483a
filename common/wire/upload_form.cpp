// SPDX-License-Identifier: Apache-2.0
#include "common/wire/upload_form.h"

#include "common/wire/errc.h"

#include <array>
#include <utility>

namespace pcg::wire {
namespace {

constexpr std::string_view kSymbols = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kLength = 26;

constexpr std::array<std::pair<UploadState, std::string_view>, 9> kNames{{
    {UploadState::Ordered, "ordered"},
    {UploadState::Queued, "queued"},
    {UploadState::Fetching, "fetching"},
    {UploadState::Verifying, "verifying"},
    {UploadState::Pushing, "pushing"},
    {UploadState::Done, "done"},
    {UploadState::Failed, "failed"},
    {UploadState::Cancelled, "cancelled"},
    {UploadState::Unknown, "unknown"},
}};

}  // namespace

Result<UploadId> parseUploadId(std::string_view text) {
    const auto prefix = UploadTag::kPrefix;
    const bool good = text.size() == prefix.size() + kLength && text.starts_with(prefix) &&
                      text.find_first_not_of(kSymbols, prefix.size()) == std::string_view::npos;
    if (good) return UploadId::unchecked(std::string(text));
    return fail(kBadId, "This is not an upload id: it must be \"up_\" followed by 26 symbols.");
}

std::string_view nameOf(UploadState state) {
    for (const auto& [one, name] : kNames) {
        if (one == state) return name;
    }
    return "unknown";
}

std::optional<UploadState> parseUploadState(std::string_view name) {
    for (const auto& [state, text] : kNames) {
        if (text == name) return state;
    }
    return std::nullopt;
}

}  // namespace pcg::wire

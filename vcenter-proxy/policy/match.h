// SPDX-License-Identifier: Apache-2.0
// The patterns of a policy. Pure functions.
#pragma once

#include <string_view>

namespace pcg::policy {

// `*` stands for any run of characters, also none; everything else for itself.
bool globMatches(std::string_view pattern, std::string_view text);

// Paths by segment: `{}` is one segment, `**` as the last one is everything below. A slash at the
// end counts.
bool pathMatches(std::string_view pattern, std::string_view path);

// The same without regard to the case of letters.
bool pathMatchesAnyCase(std::string_view pattern, std::string_view path);

// Whether every text that `narrow` matches is matched by `wide`, too. False where it is not sure.
bool globCovers(std::string_view wide, std::string_view narrow);
bool pathCovers(std::string_view wide, std::string_view narrow);

// Whether some text may match both. True where it is not sure.
bool globsMeet(std::string_view a, std::string_view b);
bool pathsMeet(std::string_view a, std::string_view b);

}  // namespace pcg::policy

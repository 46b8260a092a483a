// SPDX-License-Identifier: Apache-2.0
// Runs before the page is painted, so that a dark page never flashes light.

import { applyTheme } from "./ui/theme.ts";

applyTheme();

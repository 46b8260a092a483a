// SPDX-License-Identifier: Apache-2.0
import { render } from "preact";

import { startRouter } from "./router.tsx";
import { loadSession } from "./session.ts";
import { App } from "./ui/app.tsx";
import { followSystemTheme } from "./ui/theme.ts";

followSystemTheme();
startRouter();
render(<App />, document.getElementById("app")!);
void loadSession();

// SPDX-License-Identifier: Apache-2.0
// Between the browser and a control plane that does not serve the portal's pages and sessions yet: pages from disk, a
// session of cardboard, everything else goes to the control plane with the tenant's API token.

import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

import { POLICY } from "../stub/static.mjs";

const later = () => new Date(Date.now() + 3600_000).toISOString();

export async function standIn(context, tenant) {
  const token = readFileSync(tenant.token_file, "utf8").trim();
  const session = {
    tenant: { id: tenant.id, name: tenant.name },
    username: tenant.username,
    role: "admin",
    csrf_token: "none",
    expires_at: later(),
    step_up_until: later(),
  };
  await context.route("**/*", (route) => {
    const request = route.request();
    const { pathname } = new URL(request.url());
    if (pathname === "/api/v1/session") return route.fulfill({ json: session });
    if (pathname === "/api/v1/events") return route.fulfill({ status: 204 });
    if (/^\/(api|pair)\//.test(pathname)) {
      return route.continue({ headers: { ...request.headers(), authorization: `Bearer ${token}` } });
    }
    const file = join(process.env.PCG_PORTAL, extname(pathname) ? pathname : "index.html");
    if (!existsSync(file)) return route.fulfill({ status: 404 });
    return route.fulfill({ path: file, headers: { "Content-Security-Policy": POLICY } });
  });
}

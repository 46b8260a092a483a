// SPDX-License-Identifier: Apache-2.0
// Addresses to pages, each page a chunk of its own that is fetched when it is first needed.

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Failure, Loading } from "./ui/states.tsx";
import { asProblem, type Problem } from "./api/problem.ts";

export type Params = Record<string, string>;

interface PageModule {
  default: ComponentType<{ params: Params }>;
}

interface Route {
  pattern: RegExp;
  load: () => Promise<PageModule>;
}

// Ids only: nothing that an API path made of them could be bent with.
const route = (path: string, load: Route["load"]): Route => ({
  pattern: new RegExp(`^${path.replace(/:(\w+)/g, "(?<$1>[\\w-]+)")}$`),
  load,
});

const ROUTES: Route[] = [
  route("/", () => import("./pages/overview.tsx")),
  route("/pair", () => import("./pages/pair.tsx")),
  route("/gateways", () => import("./pages/gateways.tsx")),
  route("/gateways/:gateway", () => import("./pages/gateway.tsx")),
  route("/gateways/:gateway/endpoints/new", () => import("./pages/endpoint_add.tsx")),
  route("/gateways/:gateway/endpoints/:endpoint", () => import("./pages/endpoint.tsx")),
  route("/gateways/:gateway/endpoints/:endpoint/credentials", () => import("./pages/endpoint_credentials.tsx")),
  route("/gateways/:gateway/endpoints/:endpoint/inventory", () => import("./pages/inventory.tsx")),
  route("/deployments", () => import("./pages/deployments.tsx")),
  route("/deployments/new", () => import("./pages/deployment_new.tsx")),
  route("/deployments/:deployment", () => import("./pages/deployment.tsx")),
  route("/audit", () => import("./pages/audit.tsx")),
  route("/audit/report", () => import("./pages/report.tsx")),
  route("/users", () => import("./pages/users.tsx")),
  route("/tokens", () => import("./pages/tokens.tsx")),
  route("/account", () => import("./pages/account.tsx")),
];

const notFound: Route = { pattern: /^/, load: () => import("./pages/not_found.tsx") };

/** The path of the page that is shown. */
export const path = signal(location.pathname);

export function navigate(to: string): void {
  history.pushState(null, "", to);
  path.value = location.pathname;
  scrollTo(0, 0);
}

function onClick(event: MouseEvent): void {
  const link = (event.target as Element).closest("a");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
  if (link.origin !== location.origin || link.pathname.startsWith("/api/")) return;
  if (link.hash && link.pathname === location.pathname) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}

export function startRouter(): void {
  addEventListener("popstate", () => (path.value = location.pathname));
  document.addEventListener("click", onClick);
}

export function CurrentPage() {
  const here = path.value;
  const found = ROUTES.find((one) => one.pattern.test(here)) ?? notFound;
  const [loaded, setLoaded] = useState<{ of: Route; module: PageModule } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    let wanted = true;
    setProblem(null);
    found
      .load()
      .then((module) => wanted && setLoaded({ of: found, module }))
      .catch((error: unknown) => wanted && setProblem(asProblem(error)));
    return () => void (wanted = false);
  }, [found]);
  if (problem) return <Failure problem={problem} retry={() => location.reload()} />;
  if (loaded?.of !== found) return <Loading what="the page" />;
  const Page = loaded.module.default;
  return <Page key={here} params={{ ...found.pattern.exec(here)?.groups }} />;
}

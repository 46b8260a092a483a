// SPDX-License-Identifier: Apache-2.0
// The whole: sign-in, or the shell with the current page.

import { useEffect, useState } from "preact/hooks";

import { liveState } from "../api/live.ts";
import { CurrentPage, path } from "../router.tsx";
import { loadSession, session, sessionProblem, signOut, stepUpRequest } from "../session.ts";
import { SignIn } from "../pages/sign_in.tsx";
import { Button } from "./button.tsx";
import { Icon } from "./icons.tsx";
import { Failure, Loading } from "./states.tsx";
import { StepUp } from "./step_up.tsx";
import { visible } from "./visible.ts";

const PLACES = [
  { to: "/", text: "Overview" },
  { to: "/gateways", text: "Gateways" },
  { to: "/deployments", text: "Deployments" },
  { to: "/audit", text: "Audit" },
  { to: "/users", text: "Users" },
  { to: "/tokens", text: "API tokens" },
  { to: "/account", text: "Account" },
] as const;

const NARROW = matchMedia("(max-width: 1199px)");

function isHere(to: string, here: string): boolean {
  if (here === "/pair") return to === "/gateways";
  return to === "/" ? here === "/" : here === to || here.startsWith(`${to}/`);
}

function Navigation() {
  const here = path.value;
  return (
    <nav class="pf-v6-c-nav" aria-label="Main">
      <ul class="pf-v6-c-nav__list" role="list">
        {PLACES.map((place) => (
          <li class="pf-v6-c-nav__item" key={place.to}>
            <a
              class={isHere(place.to, here) ? "pf-v6-c-nav__link pf-m-current" : "pf-v6-c-nav__link"}
              href={place.to}
              aria-current={isHere(place.to, here) ? "page" : undefined}
            >
              <span class="pf-v6-c-nav__link-text">{place.text}</span>
            </a>
          </li>
        ))}
      </ul>
      <p class="pcg-live">{liveState.value === "live" ? "Live" : "Refreshed every 10 s"}</p>
    </nav>
  );
}

function Masthead({ open, toggle }: { open: boolean; toggle: () => void }) {
  const who = session.value!;
  return (
    <header class="pf-v6-c-masthead pf-m-display-inline">
      <div class="pf-v6-c-masthead__main">
        <span class="pf-v6-c-masthead__toggle">
          <Button look="plain" label="Navigation" expanded={open} onClick={toggle}>
            <Icon name="menu" />
          </Button>
        </span>
        <div class="pf-v6-c-masthead__brand">
          <a class="pf-v6-c-masthead__logo pcg-brand" href="/">
            Private Cloud Gateway
          </a>
        </div>
      </div>
      <div class="pf-v6-c-masthead__content pcg-masthead-content">
        <span class="pcg-who">
          {visible(who.username)} · <b>{visible(who.tenant.name)}</b>
        </span>
        <Button look="link" onClick={() => void signOut()}>
          Sign out
        </Button>
      </div>
    </header>
  );
}

function Shell() {
  const [open, setOpen] = useState(!NARROW.matches);
  const here = path.value;
  useEffect(() => {
    if (NARROW.matches) setOpen(false);
  }, [here]);
  useEffect(() => {
    const adapt = () => setOpen(!NARROW.matches);
    NARROW.addEventListener("change", adapt);
    return () => NARROW.removeEventListener("change", adapt);
  }, []);
  const sidebar = open ? "pf-v6-c-page__sidebar pf-m-expanded" : "pf-v6-c-page__sidebar pf-m-collapsed";
  return (
    <div class="pf-v6-c-page">
      <div class="pf-v6-c-skip-to-content">
        <a class="pf-v6-c-button pf-m-primary" href="#main">
          Skip to content
        </a>
      </div>
      <Masthead open={open} toggle={() => setOpen(!open)} />
      <div class={sidebar} inert={!open}>
        <div class="pf-v6-c-page__sidebar-main">
          <div class="pf-v6-c-page__sidebar-body">
            <Navigation />
          </div>
        </div>
      </div>
      <div class="pf-v6-c-page__main-container pf-m-fill">
        <main class="pf-v6-c-page__main" id="main" tabIndex={-1}>
          <CurrentPage />
        </main>
      </div>
      {stepUpRequest.value && <StepUp />}
    </div>
  );
}

export function App() {
  if (sessionProblem.value) return <Failure problem={sessionProblem.value} retry={() => void loadSession()} />;
  if (session.value === undefined) return <Loading what="the portal" />;
  return session.value === null ? <SignIn /> : <Shell />;
}

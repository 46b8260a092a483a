// SPDX-License-Identifier: Apache-2.0
// What stands where content is not: it loads, there is none, or it could not be had. Each says what to do next.

import type { ComponentChildren } from "preact";

import type { Problem } from "../api/problem.ts";
import type { UserRole } from "../api/types.ts";
import { Button } from "./button.tsx";
import { Icon, type IconName } from "./icons.tsx";

export function Loading({ what }: { what: string }) {
  return <Busy>Loading {what}</Busy>;
}

export function Busy({ children }: { children: ComponentChildren }) {
  return (
    <div class="pcg-loading" role="status">
      <svg class="pf-v6-c-spinner pf-m-lg" viewBox="0 0 100 100" aria-hidden="true">
        <circle class="pf-v6-c-spinner__path" cx="50" cy="50" r="45" fill="none" />
      </svg>
      <span>{children}…</span>
    </div>
  );
}

/** In place of what the signed-in person's role does not go to. */
export function RoleNeeded({ role }: { role: UserRole }) {
  return (
    <Empty title={`This takes the role ${role}`} icon="info">
      An admin of your tenant can do it, or give you the role.
    </Empty>
  );
}

interface EmptyProps {
  title: string;
  children: ComponentChildren;
  action?: ComponentChildren;
  icon?: IconName;
}

export function Empty({ title, children, action, icon = "empty" }: EmptyProps) {
  return (
    <div class="pf-v6-c-empty-state pf-m-sm">
      <div class="pf-v6-c-empty-state__content">
        <div class="pf-v6-c-empty-state__header">
          <div class="pf-v6-c-empty-state__icon">
            <Icon name={icon} />
          </div>
          <div class="pf-v6-c-empty-state__title">
            <h2 class="pf-v6-c-empty-state__title-text">{title}</h2>
          </div>
        </div>
        <div class="pf-v6-c-empty-state__body pcg-wrap">{children}</div>
        {action && (
          <div class="pf-v6-c-empty-state__footer">
            <div class="pf-v6-c-empty-state__actions">{action}</div>
          </div>
        )}
      </div>
    </div>
  );
}

export function Failure({ problem, retry }: { problem: Problem; retry: () => void }) {
  if (problem.status === 404) {
    return (
      <Empty title="It is not here" icon="warning" action={<Button onClick={retry}>Look again</Button>}>
        It was removed, or it never was in this tenant. Go back to the list.
      </Empty>
    );
  }
  if (problem.status === 403) {
    return (
      <Empty title="Not from here" icon="info">
        {problem.message}
      </Empty>
    );
  }
  return (
    <div role="alert">
      <Empty title="This could not be loaded" icon="danger" action={<Button onClick={retry}>Try again</Button>}>
        {problem.message}
      </Empty>
    </div>
  );
}

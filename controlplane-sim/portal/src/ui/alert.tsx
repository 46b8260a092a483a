// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";

import { Icon } from "./icons.tsx";
import { visibleSentence } from "./visible.ts";

const LOOKS = {
  info: "pf-v6-c-alert pf-m-inline pf-m-info",
  success: "pf-v6-c-alert pf-m-inline pf-m-success",
  warning: "pf-v6-c-alert pf-m-inline pf-m-warning",
  danger: "pf-v6-c-alert pf-m-inline pf-m-danger",
} as const;

interface AlertProps {
  tone: keyof typeof LOOKS;
  title: string;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}

export function Alert({ tone, title, children, actions }: AlertProps) {
  return (
    <div class={LOOKS[tone]} role={tone === "danger" ? "alert" : undefined}>
      <div class="pf-v6-c-alert__icon">
        <Icon name={tone} />
      </div>
      <p class="pf-v6-c-alert__title pcg-wrap">
        <span class="pf-v6-screen-reader">{tone}: </span>
        {visibleSentence(title)}
      </p>
      {children && <div class="pf-v6-c-alert__description">{children}</div>}
      {actions && <div class="pf-v6-c-alert__action-group">{actions}</div>}
    </div>
  );
}

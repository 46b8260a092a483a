// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";

const LOOKS = {
  primary: "pf-v6-c-button pf-m-primary",
  secondary: "pf-v6-c-button pf-m-secondary",
  danger: "pf-v6-c-button pf-m-danger",
  cautious: "pf-v6-c-button pf-m-secondary pf-m-danger",
  link: "pf-v6-c-button pf-m-link",
  inline: "pf-v6-c-button pf-m-link pf-m-inline",
  plain: "pf-v6-c-button pf-m-plain",
  control: "pf-v6-c-button pf-m-control",
} as const;

interface ButtonProps {
  children: ComponentChildren;
  look?: keyof typeof LOOKS;
  type?: "button" | "submit";
  disabled?: boolean;
  label?: string;
  expanded?: boolean;
  onClick?: () => void;
}

export function Button({ children, look = "secondary", type = "button", disabled, label, expanded, onClick }: ButtonProps) {
  const part = look === "plain" || look === "control" ? "pf-v6-c-button__icon" : "pf-v6-c-button__text";
  return (
    <button
      class={LOOKS[look]}
      type={type}
      disabled={disabled ?? false}
      aria-label={label}
      aria-expanded={expanded}
      onClick={onClick}
    >
      <span class={part}>{children}</span>
    </button>
  );
}

/** Goes to another page, but looks like what to do there. */
export function LinkButton({ to, children, look = "primary" }: { to: string; children: ComponentChildren; look?: "primary" | "secondary" | "link" }) {
  return (
    <a class={LOOKS[look]} href={to}>
      <span class="pf-v6-c-button__text">{children}</span>
    </a>
  );
}

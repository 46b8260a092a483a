// SPDX-License-Identifier: Apache-2.0
// A state as an icon and a word; colour only repeats what they say.

import { Icon, type IconName } from "./icons.tsx";
import { visible } from "./visible.ts";

type Tone = "success" | "warning" | "danger" | "info" | "pending";

const LOOKS: Record<Tone, string> = {
  success: "pf-v6-c-label pf-m-outline pf-m-success",
  warning: "pf-v6-c-label pf-m-outline pf-m-warning",
  danger: "pf-v6-c-label pf-m-outline pf-m-danger",
  info: "pf-v6-c-label pf-m-outline pf-m-info",
  pending: "pf-v6-c-label pf-m-outline",
};

const TONES: Record<string, Tone> = {
  online: "success",
  ok: "success",
  success: "success",
  ready: "success",
  warning: "warning",
  certificate_changed: "warning",
  untrusted: "warning",
  refused: "warning",
  offline: "danger",
  failed: "danger",
  danger: "danger",
  unreachable: "danger",
  bad_credentials: "danger",
  deleting: "warning",
  pairing: "info",
  info: "info",
  checking: "info",
  deploying: "info",
  scaling: "info",
  planning: "info",
  cloning: "info",
  allocating: "info",
  installing: "info",
  releasing: "warning",
  customising: "info",
  powering_on: "info",
  waiting_for_address: "info",
};

const WORDS: Record<string, string> = { bad_credentials: "credentials refused", ok: "OK" };

export function Status({ state }: { state: string }) {
  const tone = TONES[state] ?? "pending";
  return (
    <span class={LOOKS[tone]}>
      <span class="pf-v6-c-label__content">
        <span class="pf-v6-c-label__icon">
          <Icon name={tone as IconName} />
        </span>
        <span class="pf-v6-c-label__text">{WORDS[state] ?? visible(state.replaceAll("_", " "))}</span>
      </span>
    </span>
  );
}

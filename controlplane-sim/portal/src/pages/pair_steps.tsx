// SPDX-License-Identifier: Apache-2.0
import type { Progress } from "../pairing/run.ts";
import { Icon } from "../ui/icons.tsx";

const TITLES = ["Enter the code", "Prove it", "Compare the number", "Gateway online"];

function reached(progress: Progress | null): number {
  switch (progress?.stage) {
    case "claiming":
    case "proving":
      return 1;
    case "comparing":
      return 2;
    case "waiting":
      return 3;
    case "paired":
      return 4;
    default:
      return 0;
  }
}

const LOOKS = {
  done: "pf-v6-c-progress-stepper__step pf-m-success",
  current: "pf-v6-c-progress-stepper__step pf-m-info pf-m-current",
  pending: "pf-v6-c-progress-stepper__step pf-m-pending",
} as const;

const WORDS = { done: "done", current: "now", pending: "to come" } as const;

const PHONE = matchMedia("(max-width: 767px)");

/** How far the pairing is, from the code to the gateway being online. */
export function Steps({ progress }: { progress: Progress | null }) {
  const at = reached(progress);
  return (
    <ol class={PHONE.matches ? "pf-v6-c-progress-stepper pf-m-compact" : "pf-v6-c-progress-stepper"} aria-label="Steps of the pairing">
      {TITLES.map((title, index) => {
        const state = index < at ? "done" : index === at ? "current" : "pending";
        return (
          <li class={LOOKS[state]} key={title} aria-current={state === "current" ? "step" : undefined}>
            <div class="pf-v6-c-progress-stepper__step-connector">
              <span class="pf-v6-c-progress-stepper__step-icon">
                {state !== "pending" && <Icon name={state === "done" ? "success" : "pending"} />}
              </span>
            </div>
            <div class="pf-v6-c-progress-stepper__step-main">
              <div class="pf-v6-c-progress-stepper__step-title">
                {title}
                <span class="pf-v6-screen-reader">, {WORDS[state]}</span>
              </div>
            </div>
          </li>
        );
      })}
    </ol>
  );
}

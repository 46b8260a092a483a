// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "preact/hooks";

import { asProblem } from "../api/problem.ts";
import { countSymbols, grouped, PairingCode } from "../pairing/code.ts";
import type { PairingRun, Progress } from "../pairing/run.ts";
import { may, session, stepUpRequest, steppedUp } from "../session.ts";
import { Alert } from "../ui/alert.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { controlClass, HelperText } from "../ui/fields.tsx";
import { Card, Facts, Page } from "../ui/page.tsx";
import { Busy } from "../ui/states.tsx";
import { visible } from "../ui/visible.ts";
import { CompareNumber } from "./pair_compare.tsx";
import { Steps } from "./pair_steps.tsx";

const FULL = 12;

/** The sentence that is wrong with a code, or null; a code that is still being typed is not wrong yet. */
function mistake(typed: string, finished: boolean): string | null {
  if (!finished && countSymbols(typed) < FULL) return null;
  try {
    PairingCode.parse(typed);
    return null;
  } catch (error) {
    return asProblem(error).message;
  }
}

function CodeForm({ onCode }: { onCode: (code: PairingCode, label: string) => void }) {
  const [typed, setTyped] = useState("");
  const [label, setLabel] = useState("");
  const [finished, setFinished] = useState(false);
  const error = mistake(typed, finished) ?? undefined;
  const symbols = countSymbols(typed);
  const submit = (event: Event) => {
    event.preventDefault();
    setFinished(true);
    if (mistake(typed, true) !== null) return;
    const code = PairingCode.parse(typed);
    setTyped(""); // from here on only the run has it
    onCode(code, label.trim());
  };
  const help = symbols === FULL ? "The code is complete." : `${symbols} of ${FULL} symbols`;
  return (
    <form class="pf-v6-c-form pcg-form" onSubmit={submit} autocomplete="off">
      <div class="pf-v6-c-form__group">
        <div class="pf-v6-c-form__group-label">
          <label class="pf-v6-c-form__label" for="code">
            <span class="pf-v6-c-form__label-text">Pairing code</span>
          </label>
        </div>
        <div class="pf-v6-c-form__group-control">
          <span class={`${controlClass(error)} pcg-code pcg-mono`}>
            <input
              id="code"
              value={typed}
              maxLength={64}
              autocomplete="off"
              autocapitalize="characters"
              spellcheck={false}
              placeholder="NNNN-SSSS-SSSC"
              aria-invalid={error ? true : undefined}
              aria-describedby="code-help"
              onInput={(event) => setTyped(grouped(event.currentTarget.value))}
              onBlur={() => setFinished(symbols > 0)}
            />
          </span>
          <HelperText id="code-help" help={help} error={error} />
        </div>
      </div>
      <div class="pf-v6-c-form__group">
        <div class="pf-v6-c-form__group-label">
          <label class="pf-v6-c-form__label" for="label">
            <span class="pf-v6-c-form__label-text">Name of the gateway</span>
          </label>
        </div>
        <div class="pf-v6-c-form__group-control">
          <span class="pf-v6-c-form-control">
            <input id="label" value={label} maxLength={64} onInput={(event) => setLabel(event.currentTarget.value)} />
          </span>
          <HelperText id="label-help" help="For example the data center's. It can be changed later." error={undefined} />
        </div>
      </div>
      <div class="pf-v6-c-form__group pf-m-action">
        <div class="pf-v6-c-form__actions">
          <Button look="primary" type="submit" disabled={symbols === 0 || error !== undefined}>
            Pair
          </Button>
        </div>
      </div>
    </form>
  );
}

function Protection() {
  return (
    <Card title="What is protected">
      <div class="pf-v6-l-stack pf-m-gutter">
        <p>
          The code never leaves this page. Your browser and the gateway prove to each other that they know it; the control
          plane only carries the messages.
        </p>
        <Facts
          facts={[
            ["You pair it with", <b>{visible(session.value!.tenant.name)}</b>],
            ["Tenant id", <span class="pcg-mono pcg-wrap">{session.value!.tenant.id}</span>],
          ]}
        />
        <p class="pcg-note">The gateway's console shows the same name and id before it accepts.</p>
      </div>
    </Card>
  );
}

function Failed({ progress, again }: { progress: Extract<Progress, { stage: "failed" }>; again: () => void }) {
  return (
    <Alert
      tone="danger"
      title="The gateway was not paired"
      actions={
        <Button look="inline" onClick={again}>
          Enter a code
        </Button>
      }
    >
      {progress.message}
    </Alert>
  );
}

function Paired({ gatewayId }: { gatewayId: string }) {
  return (
    <Alert
      tone="success"
      title="The gateway is online"
      actions={
        <>
          <LinkButton to={`/gateways/${gatewayId}`} look="link">
            Open it
          </LinkButton>
          <LinkButton to={`/gateways/${gatewayId}/endpoints/new`} look="link">
            Add an endpoint
          </LinkButton>
        </>
      }
    >
      It is yours, and reachable by the orchestrator as soon as it has an endpoint.
    </Alert>
  );
}

interface BodyProps {
  progress: Progress | null;
  begin: (code: PairingCode, label: string) => void;
  decide: (same: boolean) => void;
  cancel: () => void;
}

function Body({ progress, begin, decide, cancel }: BodyProps) {
  if (progress === null) return <CodeForm onCode={begin} />;
  switch (progress.stage) {
    case "failed":
      return <CodeForm onCode={begin} />;
    case "comparing":
      return <CompareNumber comparison={progress.comparison} decide={decide} />;
    case "paired":
      return <Paired gatewayId={progress.gatewayId} />;
    default:
      return <Waiting progress={progress} cancel={cancel} />;
  }
}

const WAITING: Record<string, string> = {
  claiming: "Looking for the gateway that shows this code",
  proving: "The gateway is there. Proving the code to each other",
  approved: "Waiting for the answer at the gateway's console",
  gateway_accepted: "The gateway's console accepted. Its papers are being issued",
  issued: "The papers are issued. Waiting for the gateway to come online",
};

interface WaitingProps {
  progress: Extract<Progress, { stage: "claiming" | "proving" | "waiting" }>;
  cancel: () => void;
}

function Waiting({ progress, cancel }: WaitingProps) {
  return (
    <>
      <Busy>{WAITING[progress.stage === "waiting" ? progress.state : progress.stage]}</Busy>
      <Button onClick={cancel}>Cancel the pairing</Button>
    </>
  );
}

export default function Pair() {
  const [progress, setProgress] = useState<Progress | null>(null);
  const run = useRef<PairingRun | null>(null);
  useEffect(() => {
    void import("../pairing/run.ts"); // so that it is there when the code is
    const leave = () => void run.current?.leave();
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      leave();
    };
  }, []);
  const begin = async (code: PairingCode, label: string) => {
    if (!steppedUp() && !(await new Promise<boolean>((settle) => (stepUpRequest.value = settle)))) return;
    const { PairingRun } = await import("../pairing/run.ts");
    run.current = new PairingRun(session.value!.tenant.id, setProgress);
    await run.current.start(code, label);
  };
  const cancel = () => {
    void run.current?.leave();
    setProgress(null);
  };
  if (!may("admin")) {
    return (
      <Page title="Pair a gateway">
        <Alert tone="info" title="Pairing takes the role admin. Ask an administrator of your tenant." />
      </Page>
    );
  }
  return (
    <Page
      title="Pair a gateway"
      trail={[{ to: "/gateways", text: "Gateways" }]}
      lead="The gateway shows a code on its console, in your data center. Type it here."
    >
      <Steps progress={progress} />
      {progress?.stage === "failed" && <Failed progress={progress} again={() => document.getElementById("code")?.focus()} />}
      <div class="pf-v6-l-grid pf-m-gutter">
        <div class="pf-v6-l-grid__item pf-m-7-col-on-lg">
          <Card>
            <Body
              progress={progress}
              begin={(code, label) => void begin(code, label)}
              decide={(same) => run.current?.decide(same)}
              cancel={cancel}
            />
          </Card>
        </div>
        <div class="pf-v6-l-grid__item pf-m-5-col-on-lg">
          <Protection />
        </div>
      </div>
    </Page>
  );
}

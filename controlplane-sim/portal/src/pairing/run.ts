// SPDX-License-Identifier: Apache-2.0
// One pairing from the typed code to "online": moves the messages of role A between this page and the relay, and tells
// the page how far it is. The code stays in here: only its first group, the nameplate, is ever sent.

import { poll, post, postForText, remove } from "../api/client.ts";
import { asProblem, Problem } from "../api/problem.ts";
import { toBase64Url } from "./bytes.ts";
import { checkClaim } from "./claim.ts";
import type { PairingCode } from "./code.ts";
import { Commissioner, type Comparison, type Step } from "./commissioner.ts";
import { rememberDevice } from "./devices.ts";
import { PairingError } from "./errors.ts";
import { parseClaimReply, parseEvents, writeEnvelope } from "./messages.ts";
import { passwordScalar } from "./spake2.ts";
import { SUITE } from "./transcript.ts";

export type Progress =
  | { stage: "claiming" }
  | { stage: "proving" }
  | { stage: "comparing"; comparison: Comparison }
  | { stage: "waiting"; state: "approved" | "gateway_accepted" | "issued" }
  | { stage: "paired"; gatewayId: string }
  | { stage: "failed"; code: string; message: string };

const CLAIMS = "/pair/v1/claims";
const WAIT_S = 25;
const PAUSE_MS = 3_000;
const LOST_POLLS = 20;
const TICK_MS = 1_000;

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resume) => {
    const timer = setTimeout(resume, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resume();
    });
  });
}

export class PairingRun {
  private role: Commissioner | null = null;
  private claimPath: string | null = null;
  private comparison: Comparison | null = null;
  private readonly abort = new AbortController();
  private work: Promise<void> = Promise.resolve();
  private over = false;

  constructor(
    private readonly tenantId: string,
    private readonly tell: (progress: Progress) => void,
  ) {}

  async start(code: PairingCode, label: string): Promise<void> {
    try {
      this.tell({ stage: "claiming" });
      await this.claim(code, label);
      this.tell({ stage: "proving" });
      this.queue(async () => this.role!.start());
      void this.listen();
      void this.watchTheClock();
    } catch (error) {
      await this.fail(error, true);
    }
  }

  /** The person's word on the comparison number. */
  decide(same: boolean): void {
    this.queue(async () => this.role!.decide(same));
  }

  /** Leaves the run. While the page goes away, the withdrawal outlives it. */
  async leave(): Promise<void> {
    if (this.over) return;
    this.end();
    await this.withdraw();
  }

  private async claim(code: PairingCode, label: string): Promise<void> {
    const nameplate = code.nameplate();
    const request = {
      v: 1,
      versions: [1],
      suites: [SUITE],
      nameplate,
      commissioner: "browser",
      gateway_label: label,
    };
    const reply = parseClaimReply(await this.claimOrExplain(request));
    this.claimPath = `${CLAIMS}/${toBase64Url(reply.claimId)}`;
    if (this.over) return this.withdraw(); // left while the answer was on its way
    const expected = { nameplate, tenantId: this.tenantId, origin: location.origin };
    const checked = await checkClaim(reply, expected);
    const w = await passwordScalar(code.password(), reply.sid);
    this.role = new Commissioner(checked, `${location.origin}/pair/v1`, w, () => performance.now());
  }

  private async claimOrExplain(request: unknown): Promise<string> {
    try {
      return await postForText(CLAIMS, request);
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status !== 404) throw error;
      throw new PairingError(
        "pairing.no_such_code",
        "No gateway can be paired with this code now: it expired, it was used, or somebody is using it. Read the " +
          "gateway's console again.",
      );
    }
  }

  /** Role A handles one thing after the other. */
  private queue(next: () => Promise<Step[]>): void {
    this.work = this.work.then(async () => {
      if (this.over) return;
      try {
        for (const step of await next()) await this.perform(step);
      } catch (error) {
        await this.fail(error, true);
      }
    });
  }

  private async perform(step: Step): Promise<void> {
    switch (step.kind) {
      case "send":
        return this.send(step);
      case "compare":
        this.comparison = step.comparison;
        return this.tell({ stage: "comparing", comparison: step.comparison });
      case "approve":
        await post(`${this.claimPath}/approve`, step.approval);
        return this.tell({ stage: "waiting", state: "approved" });
      case "progress":
        return this.tell({ stage: "waiting", state: step.state });
      case "paired":
        rememberDevice(step.gatewayId, this.comparison!.deviceSpkiSha256);
        this.end();
        return this.tell({ stage: "paired", gatewayId: step.gatewayId });
      case "failed":
        return this.fail(step.why, step.withdraw);
    }
  }

  private async send(step: Extract<Step, { kind: "send" }>): Promise<void> {
    try {
      await post(`${this.claimPath}/messages`, writeEnvelope(step.envelope));
    } catch (error) {
      // What ends the run matters more to the person than a message that nobody takes any more.
      if (step.envelope.type !== "fail") throw error;
    }
  }

  private async listen(): Promise<void> {
    let after = 0;
    let lost = 0;
    while (!this.over) {
      try {
        const text = await poll(`${this.claimPath}/events?after=${after}&wait=${WAIT_S}`, this.abort.signal);
        lost = 0;
        for (const event of text === null ? [] : parseEvents(text)) {
          after = Math.max(after, event.number);
          this.queue(() => this.role!.receive(event.envelope));
        }
        await this.work;
      } catch (error) {
        if (this.over) return;
        const final = error instanceof Problem ? error.status >= 400 && error.status < 500 : true;
        if (final || ++lost > LOST_POLLS) return this.fail(error, false);
        await pause(PAUSE_MS, this.abort.signal);
      }
    }
  }

  private async watchTheClock(): Promise<void> {
    while (!this.over) {
      await pause(TICK_MS, this.abort.signal);
      this.queue(async () => this.role!.tick());
    }
  }

  private async fail(error: unknown, withdraw: boolean): Promise<void> {
    if (this.over) return;
    this.end();
    const code = error instanceof PairingError || error instanceof Problem ? error.code : "portal.error";
    this.tell({ stage: "failed", code, message: asProblem(error).message });
    if (withdraw) await this.withdraw();
  }

  private async withdraw(): Promise<void> {
    if (this.claimPath === null) return;
    try {
      await remove(this.claimPath, { keepalive: true });
    } catch {
      // It expires by itself.
    }
  }

  private end(): void {
    this.over = true;
    this.role = null;
    this.abort.abort();
  }
}

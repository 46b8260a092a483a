// SPDX-License-Identifier: Apache-2.0
// A browser and a stub control plane for one file of tests.

import { after, before } from "node:test";

import { launch, signIn, withPage } from "./harness.mjs";
import { PASSWORD, Stub } from "../stub/server.mjs";

export const ALICE = { tenant: "acme", username: "alice", password: PASSWORD };

/** `options` go to the browser. */
export function setting(options = {}) {
  const here = { browser: null, Responder: null };
  before(async () => {
    ({ Responder: here.Responder } = await import(process.env.PCG_RESPONDER));
    here.browser = await launch(options);
  });
  after(() => here.browser?.close());

  /** Runs `body` signed in, with a stub of its own. */
  here.signedIn = (body, pageOptions = {}) => here.fresh(async (page, stub) => {
    await signIn(page, stub.url, ALICE);
    await body(page, stub);
  }, pageOptions);

  here.fresh = async (body, pageOptions = {}) => {
    const stub = await Stub.start(process.env.PCG_PORTAL, here.Responder);
    try {
      await withPage(here.browser, pageOptions, (page, _context, faults) => body(page, stub, faults));
    } finally {
      await stub.stop();
    }
  };
  return here;
}

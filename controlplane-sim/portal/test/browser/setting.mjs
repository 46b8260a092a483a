// SPDX-License-Identifier: Apache-2.0
// A browser and a stub control plane for one file of tests.

import { after, before } from "node:test";

import { launch, signIn, withPage } from "./harness.mjs";
import { PASSWORD, Stub } from "../stub/server.mjs";

export const ADMIN = { tenant: "tenant-a", username: "admin", password: PASSWORD };

/** Every page, in some state. */
export function pagesOf(stub) {
  const gateway = `/gateways/${stub.data.gateways[0].id}`;
  return [
    "/",
    "/pair",
    "/gateways",
    gateway,
    `${gateway}/endpoints/new`,
    `${gateway}/endpoints/ep_vc2`,
    `${gateway}/endpoints/ep_vc2/credentials`,
    `${gateway}/endpoints/ep_vc1/inventory`,
    `${gateway}/endpoints/ep_maas1/inventory`,
    "/deployments",
    "/deployments/new",
    "/deployments/dp_prod",
    "/deployments/dp_edge",
    "/deployments/dp_metal",
    "/audit",
    "/audit/report",
    "/users",
    "/tokens",
    "/account",
    "/no/such/page",
  ];
}

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
    await signIn(page, stub.url, ADMIN);
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

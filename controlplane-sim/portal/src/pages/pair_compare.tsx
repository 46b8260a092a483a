// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "preact/hooks";

import type { Comparison } from "../pairing/commissioner.ts";
import { toHex } from "../pairing/bytes.ts";
import { Alert } from "../ui/alert.tsx";
import { Button } from "../ui/button.tsx";
import { Check } from "../ui/fields.tsx";
import { fingerprint } from "../ui/format.tsx";
import { Facts } from "../ui/page.tsx";
import { visible } from "../ui/visible.ts";

export function CompareNumber({ comparison, decide }: { comparison: Comparison; decide: (same: boolean) => void }) {
  const number = `${comparison.sas.slice(0, 3)} ${comparison.sas.slice(3)}`;
  const tenant = visible(comparison.tenantName);
  const heading = useRef<HTMLHeadingElement>(null);
  const [named, setNamed] = useState(false);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="pf-v6-l-stack pf-m-gutter">
      <div>
        <h2 class="pf-v6-c-title pf-m-lg" tabIndex={-1} ref={heading}>
          Does the gateway's console show this number?
        </h2>
        <output class="pcg-number" aria-label="Comparison number">
          {number}
        </output>
        <p>The console must show, before anybody answers there:</p>
        <pre class="pcg-console">
          {`Tenant:        ${tenant}\nTenant id:     ${comparison.tenantId}\nCheck number:  ${number}`}
        </pre>
      </div>
      {comparison.automatic && (
        <Alert tone="info" title="This gateway expects your tenant, and asks nobody at its console.">
          It takes your word alone: compare the number with care.
        </Alert>
      )}
      <Check label={`The console names the tenant “${tenant}”`} checked={named} onChange={setNamed} />
      <div class="pcg-actions">
        <Button look="primary" disabled={!named} onClick={() => decide(true)}>
          It matches
        </Button>
        <Button look="cautious" onClick={() => decide(false)}>
          It differs
        </Button>
      </div>
      <Facts
        facts={[
          ["Host name", visible(comparison.hostname)],
          ["Version", visible(comparison.softwareVersion)],
          ["Gateway id", <span class="pcg-mono pcg-wrap">{comparison.gatewayId}</span>],
          ["Device key (SHA-256)", <span class="pcg-mono pcg-wrap">{fingerprint(toHex(comparison.deviceSpkiSha256))}</span>],
        ]}
      />
    </div>
  );
}

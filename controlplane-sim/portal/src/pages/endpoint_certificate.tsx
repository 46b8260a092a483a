// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import { post } from "../api/client.ts";
import type { Certificate, Endpoint } from "../api/types.ts";
import { may } from "../session.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { fingerprint, Time } from "../ui/format.tsx";
import { Card } from "../ui/page.tsx";
import { Empty } from "../ui/states.tsx";
import { visible } from "../ui/visible.ts";

interface SideProps {
  title: string;
  certificate: Certificate;
  other: Certificate | null;
}

/** One certificate; what differs from the other is marked. */
function Side({ title, certificate, other }: SideProps) {
  const mark = (member: keyof Certificate) => (other && other[member] !== certificate[member] ? "pcg-changed pcg-wrap" : "pcg-wrap");
  return (
    <div>
      <h3 class="pf-v6-c-title pf-m-md">{title}</h3>
      <dl>
        <dt>SHA-256</dt>
        <dd class={`${mark("sha256")} pcg-mono`}>{fingerprint(certificate.sha256)}</dd>
        <dt>Subject</dt>
        <dd class={mark("subject")}>{visible(certificate.subject, 200)}</dd>
        <dt>Issuer</dt>
        <dd class={mark("issuer")}>{visible(certificate.issuer, 200)}</dd>
        <dt>Valid from</dt>
        <dd class={mark("not_before")}>
          <Time at={certificate.not_before} />
        </dd>
        <dt>Valid to</dt>
        <dd class={mark("not_after")}>
          <Time at={certificate.not_after} />
        </dd>
      </dl>
    </div>
  );
}

interface CardProps {
  endpoint: Endpoint;
  path: string;
  adopt: (endpoint: Endpoint) => void;
}

/** The certificate that is trusted, and beside it the one that the endpoint shows when that is another. */
export function CertificateCard({ endpoint, path, adopt }: CardProps) {
  const [approving, setApproving] = useState(false);
  const trusted = endpoint.certificate ?? null;
  const presented = endpoint.presented_certificate ?? null;
  const approve = async () => adopt(await post<Endpoint>(`${path}/certificate`, { sha256: presented!.sha256 }));
  return (
    <Card title="Certificate">
      {!trusted && !presented && (
        <Empty title="No certificate seen yet">Check the endpoint: the gateway then fetches what it shows.</Empty>
      )}
      <div class="pcg-diff">
        {trusted && <Side title={presented ? "Trusted until now" : "Trusted"} certificate={trusted} other={presented} />}
        {presented && <Side title={trusted ? "Shown now" : "Shown, not trusted yet"} certificate={presented} other={trusted} />}
      </div>
      {presented && may("admin") && (
        <div class="pcg-actions">
          <Button look="primary" onClick={() => setApproving(true)}>
            Approve this certificate
          </Button>
        </div>
      )}
      {approving && presented && (
        <Confirm title="Approve exactly this certificate?" action="Approve" run={approve} onClose={() => setApproving(false)}>
          <p>Compare the fingerprint with what the endpoint's administrator reads on the endpoint itself.</p>
          <p class="pcg-mono pcg-wrap">{fingerprint(presented.sha256)}</p>
        </Confirm>
      )}
    </Card>
  );
}

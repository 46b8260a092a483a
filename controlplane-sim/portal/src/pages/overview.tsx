// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry, Deployment, Gateway, Page as ListPage } from "../api/types.ts";
import { may, session } from "../session.ts";
import { Alert } from "../ui/alert.tsx";
import { LinkButton } from "../ui/button.tsx";
import { sentence, Time } from "../ui/format.tsx";
import { Card, Page } from "../ui/page.tsx";
import { type Resource, useResource } from "../ui/resource.ts";
import { Empty, Failure, Loading } from "../ui/states.tsx";
import { Status } from "../ui/status.tsx";
import { Table } from "../ui/table.tsx";
import { visible, visibleSentence } from "../ui/visible.ts";

function Count({ number, text, to }: { number: string; text: string; to: string }) {
  return (
    <div class="pf-v6-l-grid__item pf-m-4-col-on-md">
      <Card>
        <div class="pcg-count">{number}</div>
        <a href={to}>{text}</a>
      </Card>
    </div>
  );
}

/** "3", or "200+" when there are more than one page shows. */
function size(list: ListPage<unknown> | null): string {
  if (!list) return "\u2013";
  return `${list.items.length}${list.next_cursor ? "+" : ""}`;
}

function FirstSteps() {
  return (
    <Card>
      <Empty
        title="Bring your data center here"
        action={may("admin") ? <LinkButton to="/pair">Pair a gateway</LinkButton> : undefined}
      >
        Import the gateway's VM in your data center and start it. Its console shows a pairing code: type it here, and the
        gateway is yours. {!may("admin") && "Pairing takes the role admin."}
      </Empty>
    </Card>
  );
}

function Recent({ audit }: { audit: Resource<ListPage<AuditEntry>> }) {
  if (audit.problem) return <Failure problem={audit.problem} retry={audit.reload} />;
  if (!audit.data) return <Loading what="what happened last" />;
  if (audit.data.items.length === 0) return <Empty title="Nothing happened yet">What is done here is listed here.</Empty>;
  return (
    <Table
      label="What happened last"
      rows={audit.data.items}
      keyOf={(entry) => entry.seq}
      columns={[
        { title: "When", cell: (entry) => <Time at={entry.at} /> },
        { title: "Who", cell: (entry) => visible(entry.actor.name) },
        { title: "What", cell: (entry) => entry.action },
        { title: "Target", cell: (entry) => visible(entry.target.name || entry.target.id || "–") },
        { title: "Outcome", cell: (entry) => <Status state={entry.outcome} /> },
      ]}
    />
  );
}

export default function Overview() {
  const gateways = useResource<ListPage<Gateway>>("/api/v1/gateways?limit=200", ["gateway"]);
  const deployments = useResource<ListPage<Deployment>>("/api/v1/deployments?limit=200", ["deployment"]);
  const audit = useResource<ListPage<AuditEntry>>("/api/v1/audit?limit=8", ["audit"]);
  const online = gateways.data?.items.filter((gateway) => gateway.state === "online").length;
  const offline = gateways.data?.items.filter((gateway) => gateway.state === "offline") ?? [];
  const none = gateways.data?.items.length === 0;
  return (
    <Page
      title="Overview"
      lead={`What ${visible(session.value!.tenant.name)} has behind its gateways.`}
      actions={may("admin") && !none && <LinkButton to="/pair">Pair a gateway</LinkButton>}
    >
      {gateways.problem && <Failure problem={gateways.problem} retry={gateways.reload} />}
      {none && <FirstSteps />}
      {offline.slice(0, 3).map((gateway) => (
        <Alert key={gateway.id} tone="warning" title={`${visible(gateway.name)} is offline`}>
          {visibleSentence(sentence(gateway.why || gateway.link.why))} <a href={`/gateways/${gateway.id}`}>Look at it</a>
        </Alert>
      ))}
      <div class="pf-v6-l-grid pf-m-gutter">
        <Count number={`${online ?? "\u2013"} / ${size(gateways.data)}`} text="gateways online" to="/gateways" />
        <Count number={size(deployments.data)} text="deployments" to="/deployments" />
        <Count
          number={String(deployments.data?.items.filter((one) => one.state === "failed").length ?? "\u2013")}
          text="deployments failed"
          to="/deployments"
        />
      </div>
      <Card title="What happened last" actions={<a href="/audit">All of it</a>} flush>
        <Recent audit={audit} />
      </Card>
    </Page>
  );
}

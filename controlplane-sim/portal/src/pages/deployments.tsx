// SPDX-License-Identifier: Apache-2.0
import type { Deployment } from "../api/types.ts";
import { may } from "../session.ts";
import { LinkButton } from "../ui/button.tsx";
import { Time } from "../ui/format.tsx";
import { Listing } from "../ui/listing.tsx";
import { Card, Page } from "../ui/page.tsx";
import { usePages } from "../ui/resource.ts";
import { Empty } from "../ui/states.tsx";
import { Status } from "../ui/status.tsx";
import { visible } from "../ui/visible.ts";

const COLUMNS = [
  { title: "Name", cell: (one: Deployment) => <a href={`/deployments/${one.id}`}>{visible(one.name)}</a> },
  { title: "State", cell: (one: Deployment) => <Status state={one.state} /> },
  { title: "Progress", cell: (one: Deployment) => `${one.progress.done} of ${one.progress.total}` },
  { title: "Why", cell: (one: Deployment) => one.why || "–" },
  { title: "Created", cell: (one: Deployment) => <Time at={one.created_at} /> },
];

export default function Deployments() {
  const pages = usePages<Deployment>("/api/v1/deployments", {}, ["deployment"]);
  const add = may("operator") && <LinkButton to="/deployments/new">Deploy machines</LinkButton>;
  const empty = (
    <Empty title="No deployment yet" action={add}>
      A deployment is the machines of one target cluster, made through a gateway from a template or an image.
    </Empty>
  );
  return (
    <Page title="Deployments" actions={add}>
      <Card flush>
        <Listing pages={pages} what="deployments" columns={COLUMNS} keyOf={(one) => one.id} empty={empty} />
      </Card>
    </Page>
  );
}

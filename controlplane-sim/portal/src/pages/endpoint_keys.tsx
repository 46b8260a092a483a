// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import { post, remove } from "../api/client.ts";
import type { AccessKey } from "../api/types.ts";
import { may } from "../session.ts";
import { Button } from "../ui/button.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { LIFETIMES, lifetime } from "../ui/expiry.ts";
import { FormBox, Select, TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { Time } from "../ui/format.tsx";
import { Listing } from "../ui/listing.tsx";
import { Card } from "../ui/page.tsx";
import { usePages } from "../ui/resource.ts";
import { ShownOnce } from "../ui/secret.tsx";
import { Empty } from "../ui/states.tsx";
import { visible } from "../ui/visible.ts";

type NewKey = AccessKey & { username: string; password: string; api_key?: string };

const ROLES = [
  { value: "inventory", label: "Inventory: may look" },
  { value: "deploy", label: "Deploy: may make machines, too" },
  { value: "full", label: "Full: whatever the endpoint's account may" },
];

function AddKey({ path, onAdded, onClose }: { path: string; onAdded: (key: NewKey) => void; onClose: () => void }) {
  const form = useForm({ label: "", role: "deploy", expires_in_s: LIFETIMES[4]!.value });
  const add = async () => {
    const { label, role, expires_in_s } = form.values;
    onAdded(await post<NewKey>(path, { label: label.trim(), role, ...lifetime(expires_in_s) }));
  };
  return (
    <Dialog title="Add an access key" onClose={onClose}>
      <FormBox form={form} action="Add the key" onSubmit={add} onCancel={onClose}>
        <TextField form={form} name="label" label="Label" help="Who or what uses it." required />
        <Select form={form} name="role" label="Role" choices={ROLES} />
        <Select form={form} name="expires_in_s" label="Lifetime" choices={LIFETIMES} />
      </FormBox>
    </Dialog>
  );
}

/** Stand-ins for the endpoint's credentials, made on the gateway. */
export function Keys({ path }: { path: string }) {
  const pages = usePages<AccessKey>(path, {}, ["endpoint"]);
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<NewKey | null>(null);
  const [revoking, setRevoking] = useState<AccessKey | null>(null);
  const added = (key: NewKey) => {
    setAdding(false);
    setMade(key);
    pages.reload();
  };
  const add = may("admin") && <Button onClick={() => setAdding(true)}>Add an access key</Button>;
  return (
    <Card title="Access keys" actions={pages.data?.items.length ? add : undefined} flush>
      <Listing
        pages={pages}
        what="access keys"
        keyOf={(key) => key.id}
        empty={
          <Empty title="No access key yet" action={add}>
            Clients sign in at the gateway's address with an access key, never with the endpoint's own credentials.
          </Empty>
        }
        columns={[
          { title: "Label", cell: (key) => visible(key.label) },
          { title: "Role", cell: (key) => key.role },
          { title: "Expires", cell: (key) => <Time at={key.expires_at} /> },
          { title: "Last used", cell: (key) => <Time at={key.last_used_at} /> },
          {
            title: "Action",
            cell: (key) =>
              may("admin") && (
                <Button look="inline" label={`Revoke ${visible(key.label)}`} onClick={() => setRevoking(key)}>
                  Revoke
                </Button>
              ),
          },
        ]}
      />
      {adding && <AddKey path={path} onAdded={added} onClose={() => setAdding(false)} />}
      {made && (
        <ShownOnce
          title="The new access key"
          values={made.api_key ? { "API key": made.api_key } : { "User name": made.username, Password: made.password }}
          onClose={() => setMade(null)}
        />
      )}
      {revoking && (
        <Confirm
          title={`Revoke ${visible(revoking.label)}?`}
          action="Revoke the key"
          run={async () => {
            await remove(`${path}/${revoking.id}`);
            pages.reload();
          }}
          onClose={() => setRevoking(null)}
        >
          <p>Whoever uses it is refused from now on.</p>
        </Confirm>
      )}
    </Card>
  );
}

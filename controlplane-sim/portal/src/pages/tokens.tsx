// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import { post, remove } from "../api/client.ts";
import type { ApiToken } from "../api/types.ts";
import { may } from "../session.ts";
import { Button } from "../ui/button.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { LIFETIMES, lifetime } from "../ui/expiry.ts";
import { FormBox, Select, TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { Time } from "../ui/format.tsx";
import { Listing } from "../ui/listing.tsx";
import { Card, Page } from "../ui/page.tsx";
import { usePages } from "../ui/resource.ts";
import { ShownOnce } from "../ui/secret.tsx";
import { Empty } from "../ui/states.tsx";
import { visible } from "../ui/visible.ts";
import { ROLES } from "./roles.ts";

const PATH = "/api/v1/tokens";

function AddToken({ onAdded, onClose }: { onAdded: (token: string) => void; onClose: () => void }) {
  const form = useForm({ label: "", role: "auditor", expires_in_s: LIFETIMES[4]!.value });
  const add = async () => {
    const { label, role, expires_in_s } = form.values;
    const made = await post<{ token: string }>(PATH, { label: label.trim(), role, ...lifetime(expires_in_s) });
    onAdded(made.token);
  };
  return (
    <Dialog title="Add an API token" onClose={onClose}>
      <FormBox form={form} action="Add the token" onSubmit={add} onCancel={onClose}>
        <TextField form={form} name="label" label="Label" help="What uses it." required />
        <Select form={form} name="role" label="Role" choices={ROLES.filter((role) => may(role.value as ApiToken["role"]))} help="Never above your own." />
        <Select form={form} name="expires_in_s" label="Lifetime" choices={LIFETIMES} />
      </FormBox>
    </Dialog>
  );
}

export default function Tokens() {
  const pages = usePages<ApiToken>(PATH);
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  const add = <Button look="primary" onClick={() => setAdding(true)}>Add an API token</Button>;
  return (
    <Page title="API tokens" actions={add} lead="For scripts and the command line, in place of a password.">
      <Card flush>
        <Listing
          pages={pages}
          what="API tokens"
          keyOf={(token) => token.id}
          empty={<Empty title="No API token">Add one for whatever calls the API without a person.</Empty>}
          columns={[
            { title: "Label", cell: (token) => visible(token.label) },
            { title: "Role", cell: (token) => token.role },
            { title: "User", cell: (token) => visible(token.username) },
            { title: "Expires", cell: (token) => <Time at={token.expires_at} /> },
            { title: "Last used", cell: (token) => <Time at={token.last_used_at} /> },
            {
              title: "Action",
              cell: (token) => (
                <Button look="inline" label={`Revoke ${visible(token.label)}`} onClick={() => setRevoking(token)}>
                  Revoke
                </Button>
              ),
            },
          ]}
        />
      </Card>
      {adding && (
        <AddToken
          onAdded={(token) => {
            setAdding(false);
            setMade(token);
            pages.reload();
          }}
          onClose={() => setAdding(false)}
        />
      )}
      {made && <ShownOnce title="The new API token" values={{ Token: made }} onClose={() => setMade(null)} />}
      {revoking && (
        <Confirm
          title={`Revoke ${visible(revoking.label)}?`}
          action="Revoke the token"
          run={async () => {
            await remove(`${PATH}/${revoking.id}`);
            pages.reload();
          }}
          onClose={() => setRevoking(null)}
        >
          <p>Whatever uses it is refused from now on.</p>
        </Confirm>
      )}
    </Page>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import { patch, post, remove } from "../api/client.ts";
import type { User } from "../api/types.ts";
import { may, session } from "../session.ts";
import { Button } from "../ui/button.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { FormBox, Select, TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { Time } from "../ui/format.tsx";
import { Listing } from "../ui/listing.tsx";
import { Card, Page } from "../ui/page.tsx";
import { usePages, useResource } from "../ui/resource.ts";
import { ShownOnce } from "../ui/secret.tsx";
import { Empty } from "../ui/states.tsx";
import { visible } from "../ui/visible.ts";
import { ROLES } from "./roles.ts";

const pathOf = (user: User) => `/api/v1/users/${encodeURIComponent(user.username)}`;

interface DialogProps {
  onDone: (secret?: Record<string, string>) => void;
  onClose: () => void;
}

function AddUser({ onDone, onClose }: DialogProps) {
  const form = useForm({ username: "", role: "operator" });
  const add = async () => {
    const made = await post<User & { password: string }>("/api/v1/users", form.values);
    onDone({ "User name": made.username, Password: made.password });
  };
  return (
    <Dialog title="Add a user" onClose={onClose}>
      <FormBox form={form} action="Add the user" onSubmit={add} onCancel={onClose}>
        <TextField form={form} name="username" label="User name" required />
        <Select form={form} name="role" label="Role" choices={ROLES} />
      </FormBox>
    </Dialog>
  );
}

function ChangeRole({ user, onDone, onClose }: DialogProps & { user: User }) {
  const { etag } = useResource<User>(pathOf(user));
  const form = useForm({ role: user.role as string });
  const save = async () => {
    await patch(pathOf(user), form.values, etag);
    onDone();
  };
  return (
    <Dialog title={`Role of ${visible(user.username)}`} onClose={onClose}>
      <FormBox form={form} action="Save" onSubmit={save} onCancel={onClose}>
        <Select form={form} name="role" label="Role" choices={ROLES} />
      </FormBox>
    </Dialog>
  );
}

type Open = { what: "add" } | { what: "role" | "reset" | "delete"; user: User } | null;

function Actions({ user, open }: { user: User; open: (what: Open) => void }) {
  const name = visible(user.username);
  return (
    <div class="pcg-legend">
      <Button look="inline" label={`Role of ${name}`} onClick={() => open({ what: "role", user })}>
        Role
      </Button>
      <Button look="inline" label={`Reset password of ${name}`} onClick={() => open({ what: "reset", user })}>
        Reset password
      </Button>
      <Button look="inline" label={`Delete ${name}`} onClick={() => open({ what: "delete", user })}>
        Delete
      </Button>
    </div>
  );
}

export default function Users() {
  const pages = usePages<User>("/api/v1/users");
  const [open, setOpen] = useState<Open>(null);
  const [secret, setSecret] = useState<Record<string, string> | null>(null);
  const close = () => setOpen(null);
  const done = (shown?: Record<string, string>) => {
    close();
    setSecret(shown ?? null);
    pages.reload();
  };
  const admin = may("admin");
  const add = admin && (
    <Button look="primary" onClick={() => setOpen({ what: "add" })}>
      Add a user
    </Button>
  );
  const isMe = (user: User) => user.username === session.value!.username;
  return (
    <Page title="Users" actions={add}>
      <Card flush>
        <Listing
          pages={pages}
          what="users"
          keyOf={(user) => user.username}
          empty={<Empty title="No users" action={add}>Add the people of your tenant.</Empty>}
          columns={[
            { title: "User name", cell: (user) => visible(user.username) + (isMe(user) ? " (you)" : "") },
            { title: "Role", cell: (user) => user.role },
            { title: "Created", cell: (user) => <Time at={user.created_at} /> },
            { title: "Last sign-in", cell: (user) => <Time at={user.last_sign_in_at} /> },
            ...(admin ? [{ title: "Actions", cell: (user: User) => !isMe(user) && <Actions user={user} open={setOpen} /> }] : []),
          ]}
        />
      </Card>
      {open?.what === "add" && <AddUser onDone={done} onClose={close} />}
      {open?.what === "role" && <ChangeRole user={open.user} onDone={done} onClose={close} />}
      {open?.what === "reset" && (
        <Confirm
          title={`Reset the password of ${visible(open.user.username)}?`}
          action="Reset the password"
          run={async () => {
            const { password } = await post<{ password: string }>(`${pathOf(open.user)}/reset-password`);
            setSecret({ "User name": open.user.username, Password: password });
          }}
          onClose={close}
        >
          <p>The old one stops working, the user is signed out everywhere, and their API tokens are revoked.</p>
        </Confirm>
      )}
      {open?.what === "delete" && (
        <Confirm
          title={`Delete ${visible(open.user.username)}?`}
          action="Delete the user"
          run={async () => {
            await remove(pathOf(open.user));
            pages.reload();
          }}
          onClose={close}
        >
          <p>The user is signed out, and the user's API tokens stop working.</p>
        </Confirm>
      )}
      {secret && <ShownOnce title="The password" values={secret} onClose={() => setSecret(null)} />}
    </Page>
  );
}

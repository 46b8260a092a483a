// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import { put } from "../api/client.ts";
import { session } from "../session.ts";
import { Alert } from "../ui/alert.tsx";
import { FormBox, Select, TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { Time } from "../ui/format.tsx";
import { Card, Facts, Page } from "../ui/page.tsx";
import { chooseTheme, chosenTheme, type Theme } from "../ui/theme.ts";
import { visible } from "../ui/visible.ts";

const EMPTY = { current_password: "", new_password: "", again: "" };

function Password() {
  const form = useForm(EMPTY);
  const [changed, setChanged] = useState(false);
  const { values } = form;
  const differs = values.again !== "" && values.again !== values.new_password;
  const change = async () => {
    setChanged(false);
    const { current_password, new_password } = values;
    await put("/api/v1/me/password", { current_password, new_password });
    setChanged(true);
    for (const name of ["current_password", "new_password", "again"] as const) form.set(name, "");
  };
  return (
    <Card title="Password">
      {changed && <Alert tone="success" title="Your password is changed." />}
      <FormBox form={form} action="Change the password" onSubmit={change} disabled={differs || values.again === ""}>
        <TextField form={form} name="current_password" label="Current password" type="password" autocomplete="current-password" required />
        <TextField form={form} name="new_password" label="New password" type="password" autocomplete="new-password" required />
        <TextField
          form={form}
          name="again"
          label="New password, again"
          type="password"
          autocomplete="new-password"
          help={differs ? "The two differ." : undefined}
          required
        />
      </FormBox>
    </Card>
  );
}

function Appearance() {
  const form = useForm({ theme: chosenTheme() as string });
  const choose = { ...form, set: (name: "theme", value: string) => {
    form.set(name, value);
    chooseTheme(value as Theme);
  } };
  return (
    <Card title="Appearance">
      <form class="pf-v6-c-form pcg-form">
        <Select
          form={choose}
          name="theme"
          label="Theme"
          choices={[
            { value: "system", label: "As the system" },
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
          ]}
        />
      </form>
    </Card>
  );
}

export default function Account() {
  const who = session.value!;
  return (
    <Page title="Account">
      <Card title="You">
        <Facts
          facts={[
            ["User name", visible(who.username)],
            ["Role", who.role],
            ["Tenant", visible(who.tenant.name)],
            ["Tenant id", <span class="pcg-mono pcg-wrap">{who.tenant.id}</span>],
            ["Signed in until", <Time at={who.expires_at} />],
          ]}
        />
      </Card>
      <Password />
      <Appearance />
      <p class="pcg-note">
        <a href="/licences.txt" target="_blank">
          Licences of what this portal is made of
        </a>
      </p>
    </Page>
  );
}

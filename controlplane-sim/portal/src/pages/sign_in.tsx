// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";

import { Problem } from "../api/problem.ts";
import { sessionEnded, signIn } from "../session.ts";
import { Alert } from "../ui/alert.tsx";
import { FormBox, TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { markInteractive } from "../ui/interactive.ts";

/** Counts down to when the control plane takes another try. */
function useWait(): [number, (ms: number) => void] {
  const [until, setUntil] = useState(0);
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const update = () => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    update();
    const timer = setInterval(update, 500);
    return () => clearInterval(timer);
  }, [until]);
  return [left, (ms) => setUntil(Date.now() + ms)];
}

export function SignIn() {
  const form = useForm({ tenant: "", username: "", password: "" });
  const [wait, setWait] = useWait();
  useEffect(() => {
    document.title = "Sign in · Private Cloud Gateway";
    markInteractive();
  }, []);
  const submit = async () => {
    try {
      await signIn(form.values.tenant.trim(), form.values.username.trim(), form.values.password);
    } catch (error) {
      form.set("password", "");
      if (error instanceof Problem && error.retryAfterMs) setWait(error.retryAfterMs);
      throw error;
    }
  };
  return (
    <main class="pcg-signin">
      <div class="pf-v6-c-card pf-m-compact">
        <div class="pf-v6-c-card__body">
          <div class="pf-v6-l-stack pf-m-gutter">
            <h1>Private Cloud Gateway</h1>
            {sessionEnded.value && <Alert tone="info" title="Your session has ended. Sign in again to go on." />}
            {wait > 0 && (
              <div role="status">
                <Alert tone="warning" title={`Too many tries. The next one is possible in ${wait} s.`} />
              </div>
            )}
            <FormBox form={form} action="Sign in" onSubmit={submit} disabled={wait > 0}>
              <TextField form={form} name="tenant" label="Tenant" autocomplete="organization" required />
              <TextField form={form} name="username" label="User name" autocomplete="username" required />
              <TextField
                form={form}
                name="password"
                label="Password"
                type="password"
                autocomplete="current-password"
                required
              />
            </FormBox>
          </div>
        </div>
      </div>
    </main>
  );
}

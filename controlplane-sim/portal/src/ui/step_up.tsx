// SPDX-License-Identifier: Apache-2.0

import { stepUp, stepUpRequest } from "../session.ts";
import { Dialog } from "./dialog.tsx";
import { FormBox, TextField } from "./fields.tsx";
import { useForm } from "./form.ts";

/** Asks for the password once more, before what matters most. */
export function StepUp() {
  const form = useForm({ password: "" });
  const settle = (given: boolean) => {
    const waiting = stepUpRequest.value;
    stepUpRequest.value = null;
    waiting?.(given);
  };
  const confirm = async () => {
    await stepUp(form.values.password);
    settle(true);
  };
  return (
    <Dialog title="Confirm that it is you" onClose={() => settle(false)}>
      <FormBox form={form} action="Confirm" onSubmit={confirm} onCancel={() => settle(false)}>
        <TextField
          form={form}
          name="password"
          label="Your password"
          type="password"
          autocomplete="current-password"
          help="Asked for again because this step gives access to a data center or to your tenant."
          required
        />
      </FormBox>
    </Dialog>
  );
}

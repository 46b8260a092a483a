// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import { put, remove } from "../api/client.ts";
import { may } from "../session.ts";
import { Button } from "../ui/button.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { FormBox, TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { Card } from "../ui/page.tsx";
import { useResource } from "../ui/resource.ts";
import { Empty, Failure, Loading } from "../ui/states.tsx";
import { visible } from "../ui/visible.ts";

interface UsedKey {
  username: string | null;
}

interface GiveProps {
  path: string;
  onDone: (used: UsedKey) => void;
  onClose: () => void;
}

function Give({ path, onDone, onClose }: GiveProps) {
  const form = useForm({ username: "", password: "" });
  const give = async () => onDone(await put<UsedKey>(path, form.values));
  return (
    <Dialog title="The orchestrator's access key" onClose={onClose}>
      <FormBox form={form} action="Give it the key" onSubmit={give} onCancel={onClose}>
        <TextField form={form} name="username" label="User name" help="As the access key was shown when it was made." required />
        <TextField form={form} name="password" label="Password" type="password" autocomplete="new-password" required />
      </FormBox>
    </Dialog>
  );
}

/** Which access key deployments and the inventory use at this endpoint. */
export function OrchestratorKey({ path }: { path: string }) {
  const { data, problem, reload, adopt } = useResource<UsedKey>(path);
  const [dialog, setDialog] = useState<"give" | "take" | null>(null);
  const give = may("admin") && <Button onClick={() => setDialog("give")}>Give it a key</Button>;
  const close = () => setDialog(null);
  return (
    <Card title="The orchestrator here">
      {problem && <Failure problem={problem} retry={reload} />}
      {!data && !problem && <Loading what="the orchestrator's key" />}
      {data && data.username === null && (
        <Empty title="It has no access key" action={give}>
          Deployments and the inventory sign in with an access key like any client. Make one with the role deploy, and give
          it here.
        </Empty>
      )}
      {data && data.username !== null && (
        <>
          <p>
            It signs in with the access key <span class="pcg-mono">{visible(data.username)}</span>.
          </p>
          <div class="pcg-actions">
            {give}
            {may("admin") && (
              <Button look="cautious" onClick={() => setDialog("take")}>
                Take it away
              </Button>
            )}
          </div>
        </>
      )}
      {dialog === "give" && (
        <Give
          path={path}
          onDone={(used) => {
            adopt(used);
            close();
          }}
          onClose={close}
        />
      )}
      {dialog === "take" && (
        <Confirm
          title="Take the orchestrator's key away?"
          action="Take it away"
          run={async () => {
            await remove(path);
            reload();
          }}
          onClose={close}
        >
          <p>Deployments at this endpoint stop where they are until it has one again.</p>
        </Confirm>
      )}
    </Card>
  );
}

// SPDX-License-Identifier: Apache-2.0
// Values to take elsewhere: copied by a button, and secrets that are shown this once.

import { useId, useState } from "preact/hooks";

import { Alert } from "./alert.tsx";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icons.tsx";

export function CopyField({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState(false);
  const id = useId();
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
  };
  return (
    <div class="pcg-copy">
      <label class="pf-v6-c-form__label-text" for={id}>
        {label}
      </label>
      <div class="pcg-copy-row">
        <span class="pf-v6-c-form-control pf-m-readonly pcg-mono">
          <input id={id} type="text" readOnly value={value} onFocus={(event) => event.currentTarget.select()} />
        </span>
        <Button look="control" label={`Copy ${label}`} onClick={() => void copy()}>
          <Icon name={copied ? "success" : "copy"} />
        </Button>
      </div>
      <span class="pf-v6-screen-reader" role="status">
        {copied ? `${label} copied` : ""}
      </span>
    </div>
  );
}

interface ShownOnceProps {
  title: string;
  values: Record<string, string>;
  onClose: () => void;
}

export function ShownOnce({ title, values, onClose }: ShownOnceProps) {
  const footer = (
    <Button look="primary" onClick={onClose}>
      I have kept it
    </Button>
  );
  return (
    <Dialog title={title} footer={footer} onClose={onClose}>
      <div class="pf-v6-l-stack pf-m-gutter">
        <Alert tone="warning" title="This is shown once. Copy it now; it cannot be shown again." />
        {Object.entries(values).map(([label, value]) => (
          <CopyField key={label} label={label} value={value} />
        ))}
      </div>
    </Dialog>
  );
}

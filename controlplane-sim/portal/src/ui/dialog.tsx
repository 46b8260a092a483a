// SPDX-License-Identifier: Apache-2.0
// A modal dialog on the browser's own: it keeps the focus, Esc closes it, the page behind is inert.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { asProblem, type Problem } from "../api/problem.ts";
import { Alert } from "./alert.tsx";
import { Button } from "./button.tsx";
import { Icon } from "./icons.tsx";

interface DialogProps {
  title: string;
  children: ComponentChildren;
  footer?: ComponentChildren;
  onClose: () => void;
}

export function Dialog({ title, children, footer, onClose }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = box.current!;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const onCancel = (event: Event) => {
    event.preventDefault();
    onClose();
  };
  return (
    <dialog class="pf-v6-c-modal-box pf-m-sm" ref={box} aria-labelledby={id} onCancel={onCancel}>
      <div class="pf-v6-c-modal-box__close">
        <Button look="plain" label="Close" onClick={onClose}>
          <Icon name="close" />
        </Button>
      </div>
      <header class="pf-v6-c-modal-box__header">
        <div class="pf-v6-c-modal-box__header-main">
          <h1 class="pf-v6-c-modal-box__title" id={id}>
            <span class="pf-v6-c-modal-box__title-text">{title}</span>
          </h1>
        </div>
      </header>
      <div class="pf-v6-c-modal-box__body">{children}</div>
      {footer && <footer class="pf-v6-c-modal-box__footer">{footer}</footer>}
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  children: ComponentChildren;
  action: string;
  run: () => Promise<unknown>;
  onClose: () => void;
}

/** Asks before something that cannot be undone, and stays open with the reason when it does not work. */
export function Confirm({ title, children, action, run, onClose }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const confirm = async () => {
    setBusy(true);
    try {
      await run();
      onClose();
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  const footer = (
    <>
      <Button look="danger" disabled={busy} onClick={() => void confirm()}>
        {action}
      </Button>
      <Button look="link" onClick={onClose}>
        Cancel
      </Button>
    </>
  );
  return (
    <Dialog title={title} footer={footer} onClose={onClose}>
      {children}
      {problem && <Alert tone="danger" title={problem.message} />}
    </Dialog>
  );
}

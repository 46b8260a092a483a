// SPDX-License-Identifier: Apache-2.0
// A form's values, and the server's word on them at the field that it names.

import { useState } from "preact/hooks";

import { asProblem, type Problem } from "../api/problem.ts";

export interface Form<V extends Record<string, string>> {
  values: V;
  set: (name: keyof V & string, value: string) => void;
  errors: Partial<Record<string, string>>;
  /** A problem that belongs to no field of this form. */
  problem: Problem | null;
  busy: boolean;
  /** Shows a refusal: at the field that it names, or above the form. */
  refuse: (error: unknown) => void;
  submit: (action: () => Promise<unknown>) => Promise<void>;
}

/** `fields` maps the API's names of members to this form's, where they differ ("trust.sha256" to "pin"). */
export function useForm<V extends Record<string, string>>(initial: V, fields: Record<string, keyof V & string> = {}): Form<V> {
  const [values, setValues] = useState(initial);
  const [errors, setErrors] = useState<Partial<Record<string, string>>>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  const set = (name: keyof V & string, value: string) => {
    setValues((before) => ({ ...before, [name]: value }));
    setErrors((before) => ({ ...before, [name]: undefined }));
  };
  const refuse = (error: unknown) => {
    const why = asProblem(error);
    const name = why.field === null ? null : (fields[why.field] ?? why.field);
    if (name !== null && Object.hasOwn(initial, name)) {
      setErrors({ [name]: why.message });
      queueMicrotask(() => document.querySelector<HTMLElement>(`[name="${name}"]`)?.focus());
    } else {
      setProblem(why);
    }
  };
  const submit = async (action: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(null);
    setErrors({});
    try {
      await action();
    } catch (error) {
      refuse(error);
    } finally {
      setBusy(false);
    }
  };
  return { values, set, errors, problem, busy, refuse, submit };
}

// SPDX-License-Identifier: Apache-2.0
// Form fields, each with its label, its help and what is wrong with it.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import { Alert } from "./alert.tsx";
import { Button } from "./button.tsx";
import type { Form } from "./form.ts";
import { Icon } from "./icons.tsx";

interface FieldProps<V extends Record<string, string>> {
  form: Form<V>;
  name: keyof V & string;
  label: string;
  help?: ComponentChildren;
  required?: boolean;
}

interface InputProps<V extends Record<string, string>> extends FieldProps<V> {
  type?: "text" | "password" | "number" | "datetime-local" | "date" | undefined;
  autocomplete?: string;
  placeholder?: string;
  min?: number;
  max?: number;
  /** Values to choose from, which need not be all there are. */
  suggestions?: { value: string; label: string }[];
}

interface GroupProps {
  id: string;
  label: string;
  required: boolean;
  help: ComponentChildren;
  error: string | undefined;
  children: ComponentChildren;
}

function Group({ id, label, required, help, error, children }: GroupProps) {
  return (
    <div class="pf-v6-c-form__group">
      <div class="pf-v6-c-form__group-label">
        <label class="pf-v6-c-form__label" for={id}>
          <span class="pf-v6-c-form__label-text">{label}</span>
          {required && (
            <span class="pf-v6-c-form__label-required" aria-hidden="true">
              *
            </span>
          )}
        </label>
      </div>
      <div class="pf-v6-c-form__group-control">
        {children}
        {(help || error) && <HelperText id={`${id}-help`} help={help} error={error} />}
      </div>
    </div>
  );
}

export function HelperText({ id, help, error }: { id: string; help: ComponentChildren; error: string | undefined }) {
  return (
    <div class="pf-v6-c-form__helper-text" aria-live="polite">
      <div class="pf-v6-c-helper-text" id={id}>
        {error ? (
          <div class="pf-v6-c-helper-text__item pf-m-error">
            <span class="pf-v6-c-helper-text__item-icon">
              <Icon name="danger" />
            </span>
            <span class="pf-v6-c-helper-text__item-text">{error}</span>
          </div>
        ) : (
          <div class="pf-v6-c-helper-text__item">
            <span class="pf-v6-c-helper-text__item-text">{help}</span>
          </div>
        )}
      </div>
    </div>
  );
}

export function controlClass(error: string | undefined): string {
  return error ? "pf-v6-c-form-control pf-m-error" : "pf-v6-c-form-control";
}

export function TextField<V extends Record<string, string>>(props: InputProps<V>) {
  const { form, name, label, help, required = false, type = "text", suggestions } = props;
  const id = useId();
  const error = form.errors[name];
  return (
    <Group id={id} label={label} required={required} help={help} error={error}>
      <span class={controlClass(error)}>
        <input
          id={id}
          name={name}
          type={type as "text"} // the types want each kind of input by itself
          value={form.values[name]}
          required={required}
          autocomplete={props.autocomplete ?? "off"}
          placeholder={props.placeholder}
          min={props.min}
          max={props.max}
          list={suggestions ? `${id}-list` : undefined}
          spellcheck={false}
          aria-invalid={error ? true : undefined}
          aria-describedby={help || error ? `${id}-help` : undefined}
          onInput={(event) => form.set(name, event.currentTarget.value)}
        />
      </span>
      {suggestions && (
        <datalist id={`${id}-list`}>
          {suggestions.map((one) => (
            <option value={one.value} key={one.value}>
              {one.label}
            </option>
          ))}
        </datalist>
      )}
    </Group>
  );
}

export function TextArea<V extends Record<string, string>>(props: FieldProps<V> & { rows?: number }) {
  const { form, name, label, help, required = false, rows = 5 } = props;
  const id = useId();
  const error = form.errors[name];
  return (
    <Group id={id} label={label} required={required} help={help} error={error}>
      <span class={`${controlClass(error)} pf-m-textarea pf-m-resize-vertical`}>
        <textarea
          id={id}
          name={name}
          rows={rows}
          value={form.values[name]}
          required={required}
          spellcheck={false}
          aria-invalid={error ? true : undefined}
          aria-describedby={help || error ? `${id}-help` : undefined}
          onInput={(event) => form.set(name, event.currentTarget.value)}
        />
      </span>
    </Group>
  );
}

interface SelectProps<V extends Record<string, string>> extends FieldProps<V> {
  choices: { value: string; label: string }[];
}

export function Select<V extends Record<string, string>>({ form, name, label, help, required = false, choices }: SelectProps<V>) {
  const id = useId();
  const error = form.errors[name];
  return (
    <Group id={id} label={label} required={required} help={help} error={error}>
      <span class={controlClass(error)}>
        <select
          id={id}
          name={name}
          value={form.values[name]}
          required={required}
          aria-describedby={help || error ? `${id}-help` : undefined}
          onChange={(event) => form.set(name, event.currentTarget.value)}
        >
          {choices.map((choice) => (
            <option value={choice.value} key={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
        <span class="pf-v6-c-form-control__utilities">
          <span class="pf-v6-c-form-control__toggle-icon">
            <Icon name="caret" />
          </span>
        </span>
      </span>
    </Group>
  );
}

interface RadioProps<V extends Record<string, string>> {
  form: Form<V>;
  name: keyof V & string;
  legend: string;
  choices: { value: string; label: string; help: string }[];
}

export function Radios<V extends Record<string, string>>({ form, name, legend, choices }: RadioProps<V>) {
  const id = useId();
  return (
    <fieldset class="pf-v6-c-form__group pcg-fieldset">
      <legend class="pf-v6-c-form__label-text">{legend}</legend>
      <div class="pf-v6-c-form__group-control pf-m-stack">
        {choices.map((choice) => (
          <div class="pf-v6-c-radio" key={choice.value}>
            <input
              class="pf-v6-c-radio__input"
              type="radio"
              id={`${id}-${choice.value}`}
              name={name}
              checked={form.values[name] === choice.value}
              aria-describedby={`${id}-${choice.value}-help`}
              onChange={() => form.set(name, choice.value)}
            />
            <label class="pf-v6-c-radio__label" for={`${id}-${choice.value}`}>
              {choice.label}
            </label>
            <span class="pf-v6-c-radio__description" id={`${id}-${choice.value}-help`}>
              {choice.help}
            </span>
          </div>
        ))}
      </div>
    </fieldset>
  );
}

interface CheckProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

export function Check({ label, checked, onChange }: CheckProps) {
  const id = useId();
  return (
    <div class="pf-v6-c-check">
      <input
        class="pf-v6-c-check__input"
        type="checkbox"
        id={id}
        checked={checked}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <label class="pf-v6-c-check__label" for={id}>
        {label}
      </label>
    </div>
  );
}

interface FormBoxProps<V extends Record<string, string>> {
  form: Form<V>;
  action: string;
  onSubmit: () => Promise<unknown>;
  onCancel?: () => void;
  disabled?: boolean;
  children: ComponentChildren;
}

/** The form itself: what is wrong on top, the fields, then what to do. */
export function FormBox<V extends Record<string, string>>(props: FormBoxProps<V>) {
  const { form, action, onSubmit, onCancel, disabled, children } = props;
  const submit = (event: Event) => {
    event.preventDefault();
    if (!form.busy) void form.submit(onSubmit);
  };
  return (
    <form class="pf-v6-c-form pcg-form" onSubmit={submit}>
      {form.problem && <Alert tone="danger" title={form.problem.message} />}
      {children}
      <div class="pf-v6-c-form__group pf-m-action">
        <div class="pf-v6-c-form__actions">
          <Button look="primary" type="submit" disabled={form.busy || (disabled ?? false)}>
            {form.busy ? "Working…" : action}
          </Button>
          {onCancel && (
            <Button look="link" onClick={onCancel}>
              Cancel
            </Button>
          )}
        </div>
      </div>
    </form>
  );
}

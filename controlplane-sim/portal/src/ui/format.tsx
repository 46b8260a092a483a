// SPDX-License-Identifier: Apache-2.0
// Times, sizes and durations as people read them.

const DATE_TIME = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

export function Time({ at }: { at: string | null | undefined }) {
  if (!at || Number.isNaN(Date.parse(at))) return <span>never</span>;
  return <time dateTime={at}>{DATE_TIME.format(new Date(at))}</time>;
}

export function bytes(count: number | null | undefined): string {
  if (count === null || count === undefined) return "\u2013";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let value = count;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

export function milliseconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return "\u2013";
  if (value >= 10_000) return `${Math.round(value / 1000)} s`;
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} ms`;
}

/** With a full stop at its end, whether it came with one or not. */
export function sentence(text: string): string {
  return text === "" || /[.!?]$/.test(text) ? text : `${text}.`;
}

/** "1 machine", "2 machines". */
export function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

/** Hexadecimal in groups that can be compared by eye. */
export function fingerprint(hex: string): string {
  return hex.toUpperCase().replace(/(.{4})(?=.)/g, "$1 ");
}

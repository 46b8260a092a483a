// SPDX-License-Identifier: Apache-2.0
// A table that turns its rows into cards on a phone.

import type { ComponentChildren } from "preact";

import { visibleSentence } from "./visible.ts";

export interface Column<T> {
  title: string;
  cell: (row: T) => ComponentChildren;
}

interface TableProps<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  keyOf: (row: T) => string | number;
}

// Words longer than this are ids, paths and fingerprints: they may be broken anywhere, so that nothing sticks out.
const LONG_WORD = /\S{18}/;

/** A cell's bare text is bounded and broken here; what has markup of its own sees to it itself. */
function shown(cell: ComponentChildren): ComponentChildren {
  if (typeof cell !== "string") return cell;
  const text = visibleSentence(cell);
  return LONG_WORD.test(text) ? <span class="pcg-wrap">{text}</span> : text;
}

export function Table<T>({ label, columns, rows, keyOf }: TableProps<T>) {
  return (
    <table class="pf-v6-c-table pf-m-grid-md pf-m-compact" aria-label={label}>
      <thead class="pf-v6-c-table__thead">
        <tr class="pf-v6-c-table__tr">
          {columns.map((column) => (
            <th class="pf-v6-c-table__th" scope="col" key={column.title}>
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody class="pf-v6-c-table__tbody">
        {rows.map((row) => (
          <tr class="pf-v6-c-table__tr" key={keyOf(row)}>
            {columns.map((column) => (
              <td class="pf-v6-c-table__td" data-label={column.title} key={column.title}>
                {shown(column.cell(row))}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

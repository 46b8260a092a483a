// SPDX-License-Identifier: Apache-2.0
// A table that turns its rows into cards on a phone.

import type { ComponentChildren } from "preact";

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
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

// SPDX-License-Identifier: Apache-2.0
// A list of the API in all its states: loading, failed, empty, or a table with its pages.

import type { ComponentChildren } from "preact";

import { Button } from "./button.tsx";
import type { Paged } from "./resource.ts";
import { Empty, Failure, Loading } from "./states.tsx";
import { type Column, Table } from "./table.tsx";

interface ListingProps<T> {
  pages: Paged<T>;
  what: string;
  columns: Column<T>[];
  keyOf: (row: T) => string | number;
  empty: ComponentChildren;
}

export function Listing<T>({ pages, what, columns, keyOf, empty }: ListingProps<T>) {
  if (pages.problem) return <Failure problem={pages.problem} retry={pages.reload} />;
  if (!pages.data) return <Loading what={what} />;
  const { items } = pages.data;
  if (items.length === 0 && !pages.previous && !pages.next) return <>{empty}</>;
  return (
    <>
      {items.length > 0 ? (
        <Table label={what} columns={columns} rows={items} keyOf={keyOf} />
      ) : (
        <Empty title="Nothing on this page">
          {pages.next ? "Nothing fits among those that were looked at so far: go on with Next." : "There is nothing more."}
        </Empty>
      )}
      {(pages.next || pages.previous) && (
        <nav class="pcg-pager" aria-label={`Pages of ${what}`}>
          <Button disabled={!pages.previous} onClick={() => pages.previous?.()}>
            Previous
          </Button>
          <span role="status">Page {pages.pageNumber}</span>
          <Button disabled={!pages.next} onClick={() => pages.next?.()}>
            Next
          </Button>
        </nav>
      )}
    </>
  );
}

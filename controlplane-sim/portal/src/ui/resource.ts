// SPDX-License-Identifier: Apache-2.0
// What a page shows of the API: loaded when the page opens, again when something says that it changed.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { get } from "../api/client.ts";
import { subscribe, type Topic } from "../api/live.ts";
import { asProblem, type Problem } from "../api/problem.ts";
import type { Page } from "../api/types.ts";

export interface Resource<T> {
  data: T | null;
  etag: string | null;
  problem: Problem | null;
  reload: () => void;
  /** Takes an answer of the API in place of what was loaded. */
  adopt: (data: T) => void;
}

interface Loaded<T> {
  path: string | null;
  data: T | null;
  etag: string | null;
  problem: Problem | null;
}

// Changes come in bursts: one look for those of a moment, and not more than one a second however many there are.
const GATHER_MS = 250;
const PAUSE_MS = 1000;
// A look that is still going on is not broken off for the next one (a slow answer would never arrive), but for so long.
const PATIENCE_MS = 30_000;

/** `path` null loads nothing. */
export function useResource<T>(path: string | null, topics: Topic[] = []): Resource<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ path: null, data: null, etag: null, problem: null });
  const [round, setRound] = useState(0);
  const askedAt = useRef(0);
  const unattended = useRef(false); // whether the next look is one that nobody asked for
  const reload = useCallback(() => setRound((before) => before + 1), []);
  const watched = topics.join();

  useEffect(() => {
    if (path === null) return undefined;
    const abort = new AbortController();
    askedAt.current = Date.now();
    const byItself = unattended.current;
    unattended.current = false;
    get<T>(path, abort.signal, byItself)
      .then((answer) => setLoaded({ path, data: answer.data, etag: answer.etag, problem: null }))
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        const problem = asProblem(error);
        const passing = problem.status === 0 || problem.status >= 500;
        // What was there stays in view while the control plane cannot be reached, or cannot answer now.
        setLoaded((before) =>
          passing && before.path === path && before.data !== null ? before : { path, data: null, etag: null, problem },
        );
      })
      .finally(() => {
        if (!abort.signal.aborted) askedAt.current = 0;
      });
    return () => abort.abort();
  }, [path, round]);

  useEffect(() => {
    if (!watched) return undefined;
    let timer = 0;
    let looked = 0;
    const look = () => {
      timer = Date.now() - askedAt.current < PATIENCE_MS ? setTimeout(look, PAUSE_MS) : 0;
      if (timer) return;
      looked = Date.now();
      unattended.current = true;
      reload();
    };
    const stop = subscribe(watched.split(",") as Topic[], () => {
      timer ||= setTimeout(look, Math.max(GATHER_MS, looked + PAUSE_MS - Date.now()));
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [watched]);

  const adopt = useCallback((data: T) => setLoaded((before) => ({ ...before, data, problem: null })), []);
  const current = loaded.path === path;
  return {
    data: current ? loaded.data : null,
    etag: current ? loaded.etag : null,
    problem: current ? loaded.problem : null,
    reload,
    adopt,
  };
}

export interface Paged<T> extends Resource<Page<T>> {
  pageNumber: number;
  next: (() => void) | null;
  previous: (() => void) | null;
}

/** A list, a page at a time; `query` without cursor. */
export function usePages<T>(path: string | null, query: Record<string, string> = {}, topics: Topic[] = []): Paged<T> {
  const filter = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")).toString();
  const [cursors, setCursors] = useState<string[]>([]);
  const asked = useRef(filter);
  if (asked.current !== filter) {
    // Another filter begins at its first page.
    asked.current = filter;
    cursors.length = 0;
  }
  const cursor = cursors.at(-1);
  const parameters = [filter, cursor ? `cursor=${encodeURIComponent(cursor)}` : ""].filter(Boolean).join("&");
  const resource = useResource<Page<T>>(path && (parameters ? `${path}?${parameters}` : path), topics);
  const following = resource.data?.next_cursor;
  return {
    ...resource,
    pageNumber: cursors.length + 1,
    next: following ? () => setCursors([...cursors, following]) : null,
    previous: cursors.length > 0 ? () => setCursors(cursors.slice(0, -1)) : null,
  };
}

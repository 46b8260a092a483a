// SPDX-License-Identifier: Apache-2.0
// The parts of every page: a title with its actions, then cards.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { markInteractive } from "./interactive.ts";
import { visible, visibleSentence } from "./visible.ts";

export interface Crumb {
  to: string;
  text: string;
}

interface PageProps {
  title: string;
  trail?: Crumb[];
  label?: ComponentChildren;
  actions?: ComponentChildren;
  lead?: ComponentChildren;
  children: ComponentChildren;
}

function Trail({ trail, title }: { trail: Crumb[]; title: string }) {
  return (
    <section class="pf-v6-c-page__main-breadcrumb">
      <div class="pf-v6-c-page__main-body">
        <nav class="pf-v6-c-breadcrumb" aria-label="Breadcrumb">
          <ol class="pf-v6-c-breadcrumb__list">
            {trail.map((crumb) => (
              <li class="pf-v6-c-breadcrumb__item" key={crumb.to}>
                <a class="pf-v6-c-breadcrumb__link" href={crumb.to}>
                  {crumb.text}
                </a>
                <span class="pcg-crumb-divider" aria-hidden="true">
                  /
                </span>
              </li>
            ))}
            <li class="pf-v6-c-breadcrumb__item" aria-current="page">
              {title}
            </li>
          </ol>
        </nav>
      </div>
    </section>
  );
}

export function Page({ title, trail, label, actions, lead, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Whoever does not see the page change hears it.
    heading.current?.focus({ preventScroll: true });
    markInteractive();
  }, []);
  useEffect(() => {
    document.title = `${title} \u00b7 Private Cloud Gateway`;
  }, [title]);
  return (
    <>
      {trail && <Trail trail={trail} title={title} />}
      <section class="pf-v6-c-page__main-section">
        <div class="pf-v6-c-page__main-body">
          <div class="pcg-title">
            <h1 class="pf-v6-c-title pf-m-2xl" tabIndex={-1} ref={heading}>
              {title}
            </h1>
            {label}
            <div class="pcg-actions">{actions}</div>
          </div>
          {lead && <p class="pcg-lead">{lead}</p>}
        </div>
      </section>
      <section class="pf-v6-c-page__main-section pf-m-secondary pf-m-fill">
        <div class="pf-v6-c-page__main-body">
          <div class="pf-v6-l-stack pf-m-gutter">{children}</div>
        </div>
      </section>
    </>
  );
}

interface CardProps {
  title?: string;
  actions?: ComponentChildren;
  /** A table brings its own space to its sides. */
  flush?: boolean;
  children: ComponentChildren;
}

export function Card({ title, actions, flush, children }: CardProps) {
  return (
    <div class="pf-v6-c-card">
      {title && (
        <div class="pf-v6-c-card__header">
          {actions && <div class="pf-v6-c-card__actions pf-m-no-offset">{actions}</div>}
          <div class="pf-v6-c-card__header-main">
            <h2 class="pf-v6-c-card__title-text">{title}</h2>
          </div>
        </div>
      )}
      {flush ? children : <div class="pf-v6-c-card__body">{children}</div>}
    </div>
  );
}

export function Facts({ facts }: { facts: [string, ComponentChildren][] }) {
  return (
    <dl class="pf-v6-c-description-list pf-m-2-col-on-md">
      {facts.map(([term, description]) => (
        <div class="pf-v6-c-description-list__group" key={term}>
          <dt class="pf-v6-c-description-list__term">
            <span class="pf-v6-c-description-list__text">{visible(term)}</span>
          </dt>
          <dd class="pf-v6-c-description-list__description">
            <div class="pf-v6-c-description-list__text pcg-wrap">
              {typeof description === "string" ? visibleSentence(description) : description}
            </div>
          </dd>
        </div>
      ))}
    </dl>
  );
}

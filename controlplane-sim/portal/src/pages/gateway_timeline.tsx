// SPDX-License-Identifier: Apache-2.0
import type { Page, Severity, TimelineEntry } from "../api/types.ts";
import { Time } from "../ui/format.tsx";
import { Icon } from "../ui/icons.tsx";
import { Card } from "../ui/page.tsx";
import { useResource } from "../ui/resource.ts";
import { Empty, Failure, Loading } from "../ui/states.tsx";
import { visibleSentence } from "../ui/visible.ts";

const LOOKS: Record<Severity, string> = {
  info: "pf-v6-c-progress-stepper__step pf-m-info",
  success: "pf-v6-c-progress-stepper__step pf-m-success",
  warning: "pf-v6-c-progress-stepper__step pf-m-warning",
  danger: "pf-v6-c-progress-stepper__step pf-m-danger",
};

function Entry({ entry }: { entry: TimelineEntry }) {
  return (
    <li class={LOOKS[entry.severity]}>
      <div class="pf-v6-c-progress-stepper__step-connector">
        <span class="pf-v6-c-progress-stepper__step-icon">
          <Icon name={entry.severity} />
        </span>
      </div>
      <div class="pf-v6-c-progress-stepper__step-main">
        <div class="pf-v6-c-progress-stepper__step-title pcg-wrap">{visibleSentence(entry.text)}</div>
        <div class="pf-v6-c-progress-stepper__step-description pcg-wrap">
          <Time at={entry.at} />
          {entry.cause && <> · {visibleSentence(entry.cause)}</>}
        </div>
      </div>
    </li>
  );
}

/** What changed at a gateway, the newest first, and why. */
export function Timeline({ gatewayId }: { gatewayId: string }) {
  const timeline = useResource<Page<TimelineEntry>>(`/api/v1/gateways/${gatewayId}/timeline?limit=25`, ["gateway", "endpoint"]);
  return (
    <Card title="Timeline">
      {timeline.problem && <Failure problem={timeline.problem} retry={timeline.reload} />}
      {!timeline.data && !timeline.problem && <Loading what="the timeline" />}
      {timeline.data?.items.length === 0 && <Empty title="Nothing yet">State changes and their causes appear here.</Empty>}
      {timeline.data && timeline.data.items.length > 0 && (
        <ol class="pf-v6-c-progress-stepper pf-m-vertical" aria-label="Timeline">
          {timeline.data.items.map((entry) => (
            <Entry key={`${entry.at} ${entry.kind} ${entry.text}`} entry={entry} />
          ))}
        </ol>
      )}
    </Card>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import type { Metrics, MetricSeries } from "../api/types.ts";
import { Button } from "../ui/button.tsx";
import { Chart } from "../ui/chart.tsx";
import { bytes, count, milliseconds } from "../ui/format.tsx";
import { Card } from "../ui/page.tsx";
import { useResource } from "../ui/resource.ts";
import { Empty, Failure, Loading } from "../ui/states.tsx";
import { visible } from "../ui/visible.ts";

const RANGES = [
  { value: "1h", text: "1 hour" },
  { value: "24h", text: "24 hours" },
] as const;

const whole = (value: number) => (value >= 10 || value === 0 ? String(Math.round(value)) : value.toFixed(1));

const sum = (values: number[]) => values.reduce((all, value) => all + value, 0);

function SeriesCharts({ series, metrics }: { series: MetricSeries; metrics: Metrics }) {
  const common = { from: metrics.from, stepSeconds: metrics.step_s };
  return (
    <div class="pf-v6-l-stack__item">
      <h3 class="pf-v6-c-title pf-m-md">{visible(series.name)}</h3>
      <p class="pcg-note">
        {count(sum(series.calls), "call")} in all, {count(sum(series.errors), "error")}
      </p>
      <div class="pf-v6-l-grid pf-m-gutter">
        <div class="pf-v6-l-grid__item pf-m-6-col-on-lg">
          <Chart
            {...common}
            label="Calls"
            format={whole}
            lines={[
              { name: "calls", values: series.calls, tone: "main" },
              { name: "errors", values: series.errors, tone: "bad" },
            ]}
          />
        </div>
        <div class="pf-v6-l-grid__item pf-m-6-col-on-lg">
          <Chart
            {...common}
            label="Latency"
            format={milliseconds}
            lines={[
              { name: "median", values: series.p50_ms, tone: "main" },
              { name: "99th percentile", values: series.p99_ms, tone: "second" },
            ]}
          />
        </div>
        <div class="pf-v6-l-grid__item pf-m-6-col-on-lg">
          <Chart
            {...common}
            label="Bytes"
            format={bytes}
            lines={[
              { name: "down", values: series.bytes_down, tone: "main" },
              { name: "up", values: series.bytes_up, tone: "second" },
            ]}
          />
        </div>
      </div>
    </div>
  );
}

export function Charts({ gatewayId }: { gatewayId: string }) {
  const [range, setRange] = useState("1h");
  const metrics = useResource<Metrics>(`/api/v1/gateways/${gatewayId}/metrics?range=${range}`, ["gateway", "audit", "clock"]);
  const choice = RANGES.map((one) => (
    <Button key={one.value} look={one.value === range ? "primary" : "secondary"} onClick={() => setRange(one.value)}>
      {one.text}
    </Button>
  ));
  return (
    <Card title="Traffic" actions={choice}>
      {metrics.problem && <Failure problem={metrics.problem} retry={metrics.reload} />}
      {!metrics.data && !metrics.problem && <Loading what="the charts" />}
      {metrics.data?.series.length === 0 && (
        <Empty title="No calls yet">Charts appear with the first call to an endpoint.</Empty>
      )}
      <div class="pf-v6-l-stack pf-m-gutter">
        {metrics.data?.series.map((series) => (
          <SeriesCharts key={series.endpoint_id} series={series} metrics={metrics.data!} />
        ))}
      </div>
    </Card>
  );
}

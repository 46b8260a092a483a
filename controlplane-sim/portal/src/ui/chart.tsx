// SPDX-License-Identifier: Apache-2.0
// A line chart, drawn as elements: nothing is styled from strings, so the strict content policy holds.

const WIDTH = 380;
const HEIGHT = 140;
const LEFT = 66;
const BOTTOM = 18;
const TOP = 8;

export interface Line {
  name: string;
  values: (number | null)[];
  tone: "main" | "second" | "bad";
}

interface ChartProps {
  label: string;
  lines: Line[];
  from: string;
  stepSeconds: number;
  format: (value: number) => string;
}

const CLASSES = { main: undefined, second: "pcg-second", bad: "pcg-bad" } as const;
const DASHES = { main: undefined, second: "5 3", bad: "2 2" } as const;
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** "M x y h0 L x y ...", begun anew after every gap; the "h0" makes a dot of what has no neighbours. */
function pathOf(values: (number | null)[], x: (index: number) => number, y: (value: number) => number): string {
  let pen = "M";
  let path = "";
  values.forEach((value, index) => {
    if (value === null) {
      pen = "M";
      return;
    }
    path += `${pen}${x(index).toFixed(1)} ${y(value).toFixed(1)}${pen === "M" ? "h0" : ""}`;
    pen = "L";
  });
  return path;
}

export function Chart({ label, lines, from, stepSeconds, format }: ChartProps) {
  const size = Math.max(...lines.map((line) => line.values.length), 2);
  const top = Math.max(...lines.flatMap((line) => line.values.map((value) => value ?? 0)), 1);
  const x = (index: number) => LEFT + (index / (size - 1)) * (WIDTH - LEFT - 8);
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);
  const start = Date.parse(from);
  const clock = (index: number) => CLOCK.format(new Date(start + index * stepSeconds * 1000));
  const said = (value: number | null) => (value === null ? "unknown" : format(value));
  const summary = lines.map((line) => {
    const known = line.values.filter((value) => value !== null);
    const highest = known.length > 0 ? Math.max(...known) : null;
    return `${line.name} now ${said(line.values.at(-1) ?? null)}, highest ${said(highest)}`;
  });
  return (
    <figure>
      <svg class="pcg-chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${label}: ${summary.join("; ")}`}>
        {[0, top / 2, top].map((value) => (
          <g key={value}>
            <line class="pcg-grid" x1={LEFT} x2={WIDTH - 8} y1={y(value)} y2={y(value)} />
            <text x={LEFT - 6} y={y(value) + 4} text-anchor="end">
              {format(value)}
            </text>
          </g>
        ))}
        {[0, Math.floor((size - 1) / 2), size - 1].map((index, position) => (
          <text key={index} x={x(index)} y={HEIGHT - 4} text-anchor={(["start", "middle", "end"] as const)[position]}>
            {clock(index)}
          </text>
        ))}
        {lines.map((line) => (
          <path
            key={line.name}
            class={CLASSES[line.tone]}
            d={pathOf(line.values, x, y)}
            fill="none"
            stroke="currentColor"
            stroke-width="1.8"
            stroke-linecap="round"
            stroke-dasharray={DASHES[line.tone]}
          />
        ))}
      </svg>
      <figcaption class="pcg-legend">
        <b>{label}</b>
        {lines.map((line) => (
          <span key={line.name}>
            {line.name}
            {line.tone === "second" && " (dashed)"}
            {line.tone === "bad" && " (dotted)"}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

import type { MediaFigures } from "./options.ts";

type Figures = NonNullable<MediaFigures["quality"]>;

const shown = [
  ["piopiy_leg_mos", "Estimated mean opinion score of a leg (ITU-T G.107), 1 to 4.4", { received: "receivedMos", sent: "sentMos" }],
  ["piopiy_leg_jitter_seconds", "Interarrival jitter of a leg (RFC 3550)", { received: "receivedJitter", sent: "sentJitter" }],
  ["piopiy_leg_loss_ratio", "Part of a leg's packets that were not heard", { received: "receivedLoss", sent: "sentLoss" }],
  ["piopiy_leg_round_trip_seconds", "Round trip of a leg's packets, as its reports tell (RFC 3550)", { "": "roundTrip" }],
] as const satisfies readonly (readonly [string, string, Readonly<Record<string, keyof Figures>>])[];

/** How the legs that have ended were, in Prometheus' text form: the media engine has already counted them by bounds. */
export function renderQuality(figures: Figures): string {
  const lines: string[] = [];
  for (const [name, help, directions] of shown) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} histogram`);
    for (const [direction, key] of Object.entries(directions)) lines.push(...series(name, direction, figures[key]));
  }
  return `${lines.join("\n")}\n`;
}

function series(name: string, direction: string, { bounds, counts, sum }: Figures[keyof Figures]): readonly string[] {
  const label = direction === "" ? "" : `direction="${direction}"`;
  const labels = label === "" ? "" : `{${label}}`;
  let total = 0;
  // Buckets are cumulative; the last one has no bound.
  const buckets = counts.map((count, index) => {
    total += count;
    return `${name}_bucket{${label === "" ? "" : `${label},`}le="${bounds[index] ?? "+Inf"}"} ${total}`;
  });
  return [...buckets, `${name}_sum${labels} ${sum}`, `${name}_count${labels} ${total}`];
}

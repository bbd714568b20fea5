import { conditions, type Conditions } from "./conditions.ts";
import { line, row, type Figure } from "./statistics.ts";

/** How figures are told: as lines while they come, or at the end as JSON, or as the table of a file in `bench/results`. */
export const outputOptions = {
  json: { type: "boolean", default: false },
  markdown: { type: "boolean", default: false },
} as const;

export interface Output {
  readonly figures: readonly Figure[];
  add(figures: readonly Figure[]): void;
  end(): void;
}

export function openOutput({ json, markdown }: { readonly json: boolean; readonly markdown: boolean }): Output {
  const under = conditions();
  const figures: Figure[] = [];
  const lines = !json && !markdown;
  if (lines) console.log(`${words(under)}\n`);
  return {
    figures,
    add(measured) {
      figures.push(...measured);
      if (lines) for (const one of measured) console.log(line(one));
    },
    end() {
      if (json) console.log(JSON.stringify({ conditions: under, figures }, undefined, 2));
      if (markdown) console.log(table(under, figures));
    },
  };
}

const words = ({ node, platform, cores, cpu, memoryGb, load1 }: Conditions): string =>
  `Node ${node}, ${platform}, ${cores} x ${cpu}, ${memoryGb} GB, load ${load1}`;

/** What was measured, ready to be put into a file. */
export function table(under: Conditions, figures: readonly Figure[]): string {
  const head = ["| figure | median | goal | runs | spread |", "| --- | ---: | ---: | ---: | ---: |"];
  return [`Conditions: ${words(under)} at the start.`, "", ...head, ...figures.map(row)].join("\n");
}

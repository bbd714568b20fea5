import { parseFlow, type Action } from "@piopiy/pcmo";
import { simulate, type CallerScript, type SimBots, type SimulationOptions, type SimulationReport } from "../../simulator/index.ts";

export const url = "ws://bot.example.com/?token=secret";
export const B = "15550201";

export function flowOf(...actions: readonly object[]): readonly Action[] {
  const parsed = parseFlow(actions);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

export const stream = (more: object = {}) => ({ action: "stream", ws_url: url, ...more });
/** A second of speech. */
export const speak = { action: "speak", text: "0123456789" };

export function run(actions: readonly object[], bots: SimBots, options: SimulationOptions & { readonly script?: CallerScript } = {}): Promise<SimulationReport> {
  return simulate(flowOf(...actions), options.script ?? [], {
    bots, audio: { characterMs: 100 }, destinations: { [B]: [{ does: "answer", afterMs: 1000 }] }, ...options,
  });
}

export const data = (report: SimulationReport, type: string) => report.timeline.filter((entry) => entry.type === type).map((entry) => entry.data);
export const heard = (report: SimulationReport) => report.legs[0]?.heard.map(({ kind, startMs, heardMs }) => [kind, startMs, heardMs]);

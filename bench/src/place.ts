import { execFileSync } from "node:child_process";
import type { ParseArgsConfig } from "node:util";

/** Where the server and the load run, as options of a program. */
export const placeOptions = {
  cpu: { type: "string" },
  "load-cpu": { type: "string" },
  nice: { type: "string" },
  "load-realtime": { type: "boolean", default: false },
  node: { type: "string", multiple: true, default: [] },
} as const satisfies ParseArgsConfig["options"];

export interface PlaceValues {
  readonly cpu?: string | undefined;
  readonly "load-cpu"?: string | undefined;
  readonly nice?: string | undefined;
  readonly "load-realtime": boolean;
  readonly node: string[];
}

/** Where a server runs: on one CPU, before other work, with options of Node. */
export interface Place {
  readonly cpu?: string;
  readonly nice?: string;
  readonly node: readonly string[];
}

export function serverPlace({ cpu, nice, node }: PlaceValues): Place {
  return { node, ...(cpu === undefined ? {} : { cpu }), ...(nice === undefined ? {} : { nice }) };
}

/** The command that a process is started by to run there. */
export const commandOf = ({ cpu, nice }: Place): readonly string[] => [
  ...(nice === undefined ? [] : ["nice", "-n", nice]),
  ...(cpu === undefined ? [] : ["taskset", "-c", cpu]),
];

/** Puts what makes the load before other work: it has to be on time for the server to be the one that is measured. */
export const loadCommand = (values: PlaceValues): readonly string[] => (values["load-realtime"] ? ["chrt", "--rr", "5"] : []);

/** Options that tell the load generator where to run. */
export const loadOptions = ({ "load-cpu": cpu, nice }: PlaceValues): readonly string[] => [
  ...(cpu === undefined ? [] : ["--load-cpu", cpu]),
  ...(nice === undefined ? [] : ["--load-nice", nice]),
];

/** Moves this process, which is part of the load where it plays a party itself, to where the load runs. */
export function moveToLoad(values: PlaceValues): void {
  const pid = `${process.pid}`;
  if (values["load-cpu"] !== undefined) execFileSync("taskset", ["-a", "-c", "-p", values["load-cpu"], pid]);
  // Those it starts choose for themselves.
  if (values["load-realtime"]) execFileSync("chrt", ["--reset-on-fork", "--rr", "-a", "-p", "5", pid]);
}

import { once } from "node:events";
import { parseArgs } from "node:util";
import { loadMeasurements } from "./load-figures.ts";
import { startLoadServer } from "./load-server.ts";
import { memory } from "./memory.ts";
import { openOutput, outputOptions } from "./output.ts";
import { loadCommand, loadOptions, moveToLoad, placeOptions, serverPlace } from "./place.ts";
import type { ServerProcess } from "./server-process.ts";
import { runLoad, type LoadReport } from "./sipload.ts";
import { millCommand, soak } from "./soak/soak.ts";
import type { Figure } from "./statistics.ts";
import { twoCores } from "./two-cores.ts";

/**
 * `npm run bench:calls` starts a server for a load generator, prints its address and process id as JSON, and waits for
 * SIGINT. With `--sipload <sipload.py>` it runs the load itself: `--only playing,most` chooses, `--cpu` and `--load-cpu`
 * pin the server and the load, `--nice` and `--load-realtime` put them before other work (as root), `--node` gives options
 * to the server's Node, `--json` prints JSON, `--markdown` a table, and everything behind `--` goes to the load generator.
 * `firstCalls` is what a server takes that was only just started, `memory` what a call takes, `twoCores` how far two cores go beyond one.
 * `--only soak` lets calls come and go for `--minutes`, `--calls` of them at once, and says whether the server stays as it is.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...placeOptions,
    ...outputOptions,
    sipload: { type: "string" },
    only: { type: "string", default: [...Object.keys(loadMeasurements), "memory", "twoCores"].join() },
    minutes: { type: "string", default: "60" },
    // 60 % of 600.
    calls: { type: "string", default: "360" },
  },
});

if (values.sipload === undefined) await serve();
else await measure(values.sipload);

async function serve(): Promise<void> {
  const server = await startLoadServer(serverPlace(values));
  console.log(JSON.stringify({ pid: server.pid, sip: `${server.sip.host}:${server.sip.port}` }));
  await once(process, "SIGINT");
  await server.close();
}

async function measure(program: string): Promise<void> {
  const output = openOutput(values);
  const others: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
    memory: () => memory(serverPlace(values), (server, options) => load(program, server, options)),
    twoCores: () => twoCores(serverPlace(values), values["load-cpu"], (server, options) => load(program, server, options)),
    soak: () => soaked(program),
  };
  for (const name of values.only.split(",")) output.add(await (others[name] ?? (() => underLoad(name, program)))());
  output.end();
}

function load(program: string, server: ServerProcess, options: readonly string[]): Promise<LoadReport> {
  return runLoad([...loadCommand(values), "python3"], [program, ...target(server), ...loadOptions(values), ...options, ...positionals]);
}

async function underLoad(name: string, program: string): Promise<readonly Figure[]> {
  const measurement = loadMeasurements[name];
  if (!measurement) throw new Error(`there is no measurement ${name}; there are ${Object.keys(loadMeasurements).join(", ")}, memory, twoCores, soak`);
  const server = await startLoadServer(serverPlace(values));
  try {
    return measurement.figures(await load(program, server, measurement.options));
  } finally {
    await server.close();
  }
}

function soaked(program: string): Promise<readonly Figure[]> {
  moveToLoad(values);
  const load = millCommand(loadCommand(values), values["load-cpu"]);
  return soak({ program, place: serverPlace(values), load, minutes: Number(values.minutes), calls: Number(values.calls) });
}

function target({ pid, sip }: { readonly pid: number; readonly sip: { readonly host: string; readonly port: number } }): readonly string[] {
  return ["--target", `${sip.host}:${sip.port}`, "--pid", `${pid}`];
}

import { once } from "node:events";
import { parseArgs } from "node:util";
import { loadMeasurements } from "./load-figures.ts";
import { startLoadServer } from "./load-server.ts";
import { openOutput, outputOptions } from "./output.ts";
import { loadCommand, loadOptions, moveToLoad, placeOptions, serverPlace } from "./place.ts";
import { runLoad } from "./sipload.ts";
import { millCommand, soak } from "./soak/soak.ts";
import type { Figure } from "./statistics.ts";

/**
 * `npm run bench:calls` starts a server for a load generator, prints its address and process id as JSON, and waits for
 * SIGINT. With `--sipload <sipload.py>` it runs the load itself: `--only playing,most` chooses, `--cpu` and `--load-cpu`
 * pin the server and the load, `--nice` and `--load-realtime` put them before other work (as root), `--node` gives options
 * to the server's Node, `--json` prints JSON, `--markdown` a table, and everything behind `--` goes to the load generator.
 * `--only soak` lets calls come and go for `--minutes`, `--calls` of them at once, and says whether the server stays as it is.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...placeOptions,
    ...outputOptions,
    sipload: { type: "string" },
    only: { type: "string", default: Object.keys(loadMeasurements).join() },
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
  for (const name of values.only.split(",")) output.add(name === "soak" ? await soaked(program) : await underLoad(name, program));
  output.end();
}

async function underLoad(name: string, program: string): Promise<readonly Figure[]> {
  const measurement = loadMeasurements[name];
  if (!measurement) throw new Error(`there is no measurement ${name}; there are ${Object.keys(loadMeasurements).join(", ")}, soak`);
  const server = await startLoadServer(serverPlace(values));
  try {
    const options = [program, ...target(server), ...loadOptions(values), ...measurement.options, ...positionals];
    return measurement.figures(await runLoad([...loadCommand(values), "python3"], options));
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

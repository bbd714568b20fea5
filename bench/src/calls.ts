import { once } from "node:events";
import { parseArgs } from "node:util";
import { conditions } from "./conditions.ts";
import { loadMeasurements } from "./load-figures.ts";
import { startLoadServer } from "./load-server.ts";
import { loadCommand, loadOptions, placeOptions, serverPlace } from "./place.ts";
import { runLoad } from "./sipload.ts";
import { line, type Figure } from "./statistics.ts";

/**
 * `npm run bench:calls` starts a server for a load generator, prints its address and process id as JSON, and waits for
 * SIGINT. With `--sipload <sipload.py>` it runs the load itself: `--only playing,most` chooses, `--cpu` and `--load-cpu`
 * pin the server and the load, `--nice` and `--load-realtime` put them before other work (as root), `--node` gives options
 * to the server's Node, `--json` prints JSON, and everything behind `--` goes to the load generator.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...placeOptions,
    sipload: { type: "string" },
    only: { type: "string", default: Object.keys(loadMeasurements).join() },
    json: { type: "boolean", default: false },
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
  const under = conditions();
  const figures: Figure[] = [];
  for (const name of values.only.split(",")) {
    const measurement = loadMeasurements[name];
    if (!measurement) throw new Error(`there is no measurement ${name}; there are ${Object.keys(loadMeasurements).join(", ")}`);
    const server = await startLoadServer(serverPlace(values));
    try {
      const options = [program, ...target(server), ...loadOptions(values), ...measurement.options, ...positionals];
      const report = await runLoad([...loadCommand(values), "python3"], options);
      const measured = measurement.figures(report);
      figures.push(...measured);
      if (!values.json) for (const one of measured) console.log(line(one));
    } finally {
      await server.close();
    }
  }
  if (values.json) console.log(JSON.stringify({ conditions: under, figures }, undefined, 2));
}

function target({ pid, sip }: { readonly pid: number; readonly sip: { readonly host: string; readonly port: number } }): readonly string[] {
  return ["--target", `${sip.host}:${sip.port}`, "--pid", `${pid}`];
}

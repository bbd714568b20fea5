import { once } from "node:events";
import { parseArgs } from "node:util";
import { loadMeasurements } from "./load-figures.ts";
import { startLoadServer } from "./load-server.ts";
import { openOutput, outputOptions } from "./output.ts";
import { loadCommand, loadOptions, placeOptions, serverPlace } from "./place.ts";
import { runLoad } from "./sipload.ts";

/**
 * `npm run bench:calls` starts a server for a load generator, prints its address and process id as JSON, and waits for
 * SIGINT. With `--sipload <sipload.py>` it runs the load itself: `--only playing,most` chooses, `--cpu` and `--load-cpu`
 * pin the server and the load, `--nice` and `--load-realtime` put them before other work (as root), `--node` gives options
 * to the server's Node, `--json` prints JSON, `--markdown` a table, and everything behind `--` goes to the load generator.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...placeOptions,
    ...outputOptions,
    sipload: { type: "string" },
    only: { type: "string", default: Object.keys(loadMeasurements).join() },
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
  for (const name of values.only.split(",")) {
    const measurement = loadMeasurements[name];
    if (!measurement) throw new Error(`there is no measurement ${name}; there are ${Object.keys(loadMeasurements).join(", ")}`);
    const server = await startLoadServer(serverPlace(values));
    try {
      const options = [program, ...target(server), ...loadOptions(values), ...measurement.options, ...positionals];
      const report = await runLoad([...loadCommand(values), "python3"], options);
      output.add(measurement.figures(report));
    } finally {
      await server.close();
    }
  }
  output.end();
}

function target({ pid, sip }: { readonly pid: number; readonly sip: { readonly host: string; readonly port: number } }): readonly string[] {
  return ["--target", `${sip.host}:${sip.port}`, "--pid", `${pid}`];
}

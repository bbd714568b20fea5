import { parseArgs } from "node:util";
import { conditions } from "./conditions.ts";
import { commandOf, loadCommand, loadOptions, moveToLoad, placeOptions, serverPlace } from "./place.ts";
import { line, type Figure } from "./statistics.ts";
import { bargeIn } from "./stream/barge-in.ts";
import { drift, liveDrift } from "./stream/drift.ts";
import { streamMeasurements } from "./stream/load-figures.ts";
import { measureLoad } from "./stream/load.ts";

/**
 * `npm run bench:stream` measures streams: round trips and capacity by a load generator (`--sipload <sipload.py>`), how
 * soon a bot is silent when it is interrupted, and the delay after an hour of a bot whose clock is not ours. `--only
 * fifty,barge-in` chooses, `--cpu` and `--load-cpu` pin the server and the load, `--nice` and `--load-realtime` put them
 * before other work (as root), `--node` gives options to the server's Node, `--json` prints JSON, and everything behind
 * `--` goes to the load generator.
 */
const usual = ["one", "fifty", "fifty-v1", "two-hundred", "barge-in", "barge-in-v1", "drift"];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...placeOptions,
    sipload: { type: "string" },
    only: { type: "string", default: usual.join() },
    json: { type: "boolean", default: false },
  },
});

const place = serverPlace(values);
const load = loadCommand(values);
const underLoad = (name: string) => async (): Promise<readonly Figure[]> => {
  const measurement = streamMeasurements[name];
  if (!measurement) throw new Error(`there is no measurement ${name}; there are ${Object.keys(measurements).join(", ")}`);
  if (values.sipload === undefined) return skipped(name, "needs --sipload");
  const generator = { command: [...load, "python3", values.sipload], options: [...loadOptions(values), ...positionals] };
  return await measureLoad(measurement, { place, server: commandOf(place), load, generator });
};
const measurements: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  ...Object.fromEntries(Object.keys(streamMeasurements).map((name) => [name, underLoad(name)])),
  "barge-in": () => bargeIn(place, "compatible"),
  "barge-in-v1": () => bargeIn(place, "v1"),
  drift,
  "drift-live": () => liveDrift(place),
};

function skipped(name: string, why: string): readonly Figure[] {
  console.error(`${name} ${why}`);
  return [];
}

const under = conditions();
if (!values.json) console.log(`Node ${under.node}, ${under.platform}, ${under.cores} x ${under.cpu}, ${under.memoryGb} GB, load ${under.load1}\n`);
moveToLoad(values);
const figures: Figure[] = [];
for (const name of values.only.split(",")) {
  const measured = await (measurements[name] ?? underLoad(name))();
  figures.push(...measured);
  if (!values.json) for (const one of measured) console.log(line(one));
}
if (values.json) console.log(JSON.stringify({ conditions: under, figures }, undefined, 2));

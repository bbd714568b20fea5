import { parseArgs } from "node:util";
import { openOutput, outputOptions } from "./output.ts";
import { commandOf, loadCommand, loadOptions, moveToLoad, placeOptions, serverPlace } from "./place.ts";
import type { Figure } from "./statistics.ts";
import { bargeIn } from "./stream/barge-in.ts";
import { drift, liveDrift } from "./stream/drift.ts";
import { streamMeasurements, type StreamMeasurement } from "./stream/load-figures.ts";
import { measureLoad } from "./stream/load.ts";
import { stall } from "./stream/stall.ts";

/**
 * `npm run bench:stream` measures streams: round trips and capacity by a load generator (`--sipload <sipload.py>`), how
 * soon a bot is silent when it is interrupted, and the delay after an hour of a bot whose clock is not ours. `--only
 * fifty,barge-in` chooses, `--cpu` and `--load-cpu` pin the server and the load, `--nice` and `--load-realtime` put them
 * before other work (as root), `--node` gives options to the server's Node, `--json` prints JSON, `--markdown` a table,
 * and everything behind `--` goes to the load generator.
 */
const usual = ["one", "fifty", "fifty-v1", "two-hundred", "barge-in", "barge-in-v1", "drift", "stall"];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...placeOptions,
    ...outputOptions,
    sipload: { type: "string" },
    only: { type: "string", default: usual.join() },
  },
});

const place = serverPlace(values);
const load = loadCommand(values);
const underLoad = (name: string, measurement: StreamMeasurement) => async (): Promise<readonly Figure[]> => {
  if (values.sipload === undefined) return skipped(name, "needs --sipload");
  const generator = { command: [...load, "python3", values.sipload], options: [...loadOptions(values), ...positionals] };
  return await measureLoad(measurement, { place, server: commandOf(place), load, generator });
};
const measurements: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  ...Object.fromEntries(Object.entries(streamMeasurements).map(([name, measurement]) => [name, underLoad(name, measurement)])),
  "barge-in": () => bargeIn(place, "compatible"),
  "barge-in-v1": () => bargeIn(place, "v1"),
  drift,
  stall,
  "drift-live": () => liveDrift(place),
};

function skipped(name: string, why: string): readonly Figure[] {
  console.error(`${name} ${why}`);
  return [];
}

const chosen = values.only.split(",").map((name) => {
  const measure = measurements[name];
  if (!measure) throw new Error(`there is no measurement ${name}; there are ${Object.keys(measurements).join(", ")}`);
  return { name, measure };
});
const output = openOutput(values);
moveToLoad(values);
for (const { name, measure } of chosen) {
  try {
    output.add(await measure());
  } catch (failure) {
    // What cannot be measured is no reason to do without the rest.
    console.error(`${name}:`, failure);
    process.exitCode = 1;
  }
}
output.end();

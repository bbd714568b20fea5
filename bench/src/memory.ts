import { numbers, startLoadServer } from "./load-server.ts";
import type { Place } from "./place.ts";
import type { ServerProcess } from "./server-process.ts";
import { at, type LoadReport } from "./sipload.ts";
import { figure, type Figure } from "./statistics.ts";

/** Puts the load of these options on a server. */
export type Load = (server: ServerProcess, options: readonly string[]) => Promise<LoadReport>;

const RUNS = 3;
/** As many as one core is to carry. */
const CALLS = 600;
const calls = (count: number, steadyS: number) =>
  ["--number", numbers.playing, "--calls", `${count}`, "--rate", "40", "--steady", `${steadyS}`, "--capture", "0"];

/**
 * The memory of a playing call, in a fresh process each time: what each of many adds to a process that has had one call,
 * and so has loaded its prompt and its codecs; and everything the process has grown by since it was ready, for each call.
 */
export async function memory(place: Place, load: Load): Promise<readonly Figure[]> {
  const added: number[] = [];
  const inAll: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const server = await startLoadServer(place);
    try {
      const readyKb = 1024 * (await server.residentMb());
      await load(server, calls(1, 2));
      const report = await load(server, calls(CALLS, 10));
      const [perCallKb, loadKb] = [at(report, "server.rss_kb_per_call"), at(report, "server.rss_load_kb")];
      if (typeof perCallKb === "number") added.push(perCallKb);
      if (typeof loadKb === "number") inAll.push((loadKb - readyKb) / CALLS);
    } finally {
      await server.close();
    }
  }
  return [
    figure(`Memory that each of ${CALLS} playing calls adds`, "KB", added, { is: "at most", value: 60 }),
    figure(`Memory grown by since the start, per playing call of ${CALLS}`, "KB", inAll),
  ];
}

import { startServerProcess } from "./server-process.ts";
import { figure, type Figure } from "./statistics.ts";

const RUNS = 5;
const IDLE_MS = 4000;

/** How soon a server is ready, and what memory it holds when nothing goes on. */
export async function footprint(): Promise<readonly Figure[]> {
  const readyMs: number[] = [];
  const printedMs: number[] = [];
  const residentMb: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const server = await startServerProcess();
    readyMs.push(server.readyMs);
    printedMs.push(server.printedMs);
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    residentMb.push(await server.residentMb());
    await server.close();
  }
  return [
    figure("Server: process started to the ready line", "ms", readyMs, { is: "at most", value: 1000 }),
    figure("Server: ready, as it says itself", "ms", printedMs),
    figure("Server: resident memory, idle", "MB", residentMb, { is: "at most", value: 150 }),
  ];
}

import type { BareQuestion, RoundTrip } from "./bare-caller.ts";
import { startEchoBot, startProgram } from "./processes.ts";

const SECONDS = 1;

export interface AloneSettings {
  readonly streams: number;
  readonly runs: number;
  /** Commands that put the server, and what stands for it, and the load where they run. */
  readonly server: readonly string[];
  readonly load: readonly string[];
}

/** What the bot and its sockets cost by themselves: from one process to the other and back, without a server between. */
export async function aloneRuns({ streams, runs, server, load }: AloneSettings): Promise<readonly RoundTrip[]> {
  const bot = await startEchoBot(load);
  const caller = startProgram<RoundTrip>("bare-caller", server);
  const measured: RoundTrip[] = [];
  try {
    for (let run = 0; run < runs; run++) {
      const question: BareQuestion["question"] = { port: bot.port, streams, seconds: SECONDS };
      const told = caller.told(30_000);
      caller.ask(question);
      measured.push(await told);
    }
  } finally {
    await caller.close();
    await bot.close();
  }
  return measured;
}

import type { Place } from "../place.ts";
import { runLoad } from "../sipload.ts";
import type { Figure } from "../statistics.ts";
import { aloneRuns } from "./alone.ts";
import { RUNS, spoke, verdicts, type StreamMeasurement } from "./load-figures.ts";
import { startEchoBot } from "./processes.ts";
import { unspoken } from "./protocols.ts";
import { startStreamServer } from "./stream-server.ts";

export interface LoadSettings {
  readonly place: Place;
  /** Commands that put the server and the load where they run. */
  readonly server: readonly string[];
  readonly load: readonly string[];
  /** The load generator, and options that take the place of the measurement's. */
  readonly generator: { readonly command: readonly string[]; readonly options: readonly string[] };
}

const NUMBER = "2000";

/** Calls come in, and each is connected to the bot, which says what it hears. */
export async function measureLoad({ stream, options, alone, figures }: StreamMeasurement, settings: LoadSettings): Promise<readonly Figure[]> {
  const { place, server: command, load, generator } = settings;
  const bare = alone === undefined ? [] : await aloneRuns({ streams: alone, runs: RUNS, server: command, load });
  const bot = await startEchoBot(load);
  try {
    const server = await startStreamServer(place, { number: NUMBER, port: bot.port, stream });
    try {
      const target = ["--target", `${server.sip.host}:${server.sip.port}`, "--pid", `${server.pid}`, "--number", NUMBER];
      const report = await runLoad(generator.command, [...target, ...options, ...generator.options]);
      const heard = await bot.report();
      if (!spoke(stream, heard)) throw unspoken(stream.protocol);
      for (const words of verdicts(report)) console.error(`does not pass: ${words}`);
      return figures(report, bare);
    } finally {
      await server.close();
    }
  } finally {
    await bot.close();
  }
}

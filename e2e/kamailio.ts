import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listening, LOOPBACK } from "./ports.ts";
import { needs, startProgram, type Cleanup } from "./running-program.ts";

/** Kamailio, a proxy between the server and everybody else. */
export interface Kamailio {
  /** What it has told of the requests it forwarded, such as `loose BYE from 5060`, each once. */
  requests(): readonly string[];
}

export interface KamailioPorts {
  /** Where it listens. */
  readonly own: number;
  readonly server: number;
  /** Where it sends what the server wants of somebody who has not registered. */
  readonly callee?: number;
}

/** Starts Kamailio with a configuration of its own; it listens when this resolves. */
export async function startKamailio(cleanup: Cleanup, { own, server, callee = 9 }: KamailioPorts): Promise<Kamailio> {
  needs("kamailio", "kamailio");
  const folder = await mkdtemp(join(tmpdir(), "piopiy-kamailio-"));
  cleanup(() => rm(folder, { recursive: true }));
  const fill: Record<string, string> = { host: LOOPBACK, port: `${own}`, callee: `${callee}`, folder };
  const scenario = await readFile(new URL("scenarios/kamailio.cfg", import.meta.url), "utf8");
  await writeFile(join(folder, "kamailio.cfg"), scenario.replaceAll(/\{(\w+)\}/g, (all, name: string) => fill[name] ?? all));
  await writeFile(join(folder, "dispatcher.list"), `1 sip:${LOOPBACK}:${server}\n`);
  const options = ["-f", join(folder, "kamailio.cfg"), "-DD", "-E", "-m", "32", "-M", "4", "-Y", folder, "-w", folder];
  const program = startProgram(cleanup, "kamailio", options, { cwd: folder });
  // It has children, which end with it when it is asked to end, and not when it is killed.
  cleanup(async () => {
    program.signal("SIGTERM");
    await program.exit();
  });
  await Promise.race([listening("udp", own), program.exit().then(() => { throw new Error(`Kamailio has ended:\n${program.output()}`); })]);
  return {
    requests: () => [...new Set([...program.output().matchAll(/(?:loose|stray|from the server:|to the server:) \w+(?: from \d+)?/g)].map(([request]) => request))],
  };
}


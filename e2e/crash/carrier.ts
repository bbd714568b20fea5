import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveConfig, startServer, toneSamples, wavFile } from "@piopiy/server";
import { patient } from "../test-server.ts";

const host = "127.0.0.1";

/** Whom the server under test calls: a server of its own, with numbers that answer and numbers that only ring. */
export interface Carrier {
  readonly port: number;
  /** How often each number was called. */
  calls(): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}

const app = { appid: "9999999", secret: "the secret of the carrier" };

export async function startCarrier(numbers: { readonly answer: readonly string[]; readonly ring: readonly string[] }): Promise<Carrier> {
  const data = await mkdtemp(join(tmpdir(), "piopiy-carrier-"));
  await mkdir(join(data, "media"));
  await writeFile(join(data, "media", "tone.wav"), wavFile({ sampleRateHz: 8000, channels: 1 }, toneSamples({ frequencyHz: 620, durationMs: 40_000 })));
  // Who is asked what to do says nothing for so long: the caller hears it ring.
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, host, resolve));
  const address = silent.address();
  const silence = `http://${host}:${typeof address === "object" && address ? address.port : 0}/`;
  const config = resolveConfig(
    JSON.stringify({
      http: { host, port: 0 }, sip: { host, udp: 0, tcp: false }, media: { host, ports: [0, 0] }, data, apps: [app],
      trunks: [{ name: "the-server-under-test", host }],
      numbers: [
        ...numbers.answer.map((number) => ({ number, pcmo: [{ action: "play", file_name: "tone.wav" }] })),
        ...numbers.ring.map((number) => ({ number, answer_url: silence })),
      ],
    }),
    {},
    {},
  );
  if (!config.ok) throw new Error(JSON.stringify(config.issues));
  const server = await startServer(config.value, { work: patient });
  const authorization = `Basic ${Buffer.from(`${app.appid}:${app.secret}`).toString("base64")}`;
  return {
    port: server.sip[0]?.port ?? 0,
    async calls() {
      const response = await fetch(`${server.url}/calls?limit=100`, { headers: { authorization } });
      const { calls }: { calls: readonly { readonly to: string }[] } = JSON.parse(await response.text());
      const counts = new Map<string, number>();
      for (const { to } of calls) counts.set(to, (counts.get(to) ?? 0) + 1);
      return counts;
    },
    async close() {
      silent.closeAllConnections();
      silent.close();
      await server.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CertificateFiles } from "./certificate.ts";
import { listening, LOOPBACK } from "./ports.ts";
import { needs, startProgram, type Cleanup } from "./running-program.ts";

/** Kamailio, a proxy between the server and everybody else. */
export interface Kamailio {
  /** What it has told of the requests it forwarded, such as `loose BYE from 5060`, or `from tls` where it speaks that, each once. */
  requests(): readonly string[];
}

export interface KamailioPorts {
  /** Where it listens. */
  readonly own: number;
  /** It speaks TLS with the server, at this port of its own; both show this certificate, and ask for it. */
  readonly tls?: CertificateFiles & { readonly port: number };
  readonly server: number;
  /** Where it sends what the server wants of somebody who has not registered. */
  readonly callee?: number;
}

/** Starts Kamailio with a configuration of its own; it listens when this resolves. */
export async function startKamailio(cleanup: Cleanup, { own, server, callee = 9, tls }: KamailioPorts): Promise<Kamailio> {
  needs("kamailio", "kamailio");
  const folder = await mkdtemp(join(tmpdir(), "piopiy-kamailio-"));
  cleanup(() => rm(folder, { recursive: true }));
  const spoken = tls ? withTls(folder, tls) : { sockets: "disable_tcp=yes", modules: "", who: "$sp", server: 'ds_is_from_list("1")' };
  const fill: Record<string, string> = { host: LOOPBACK, port: `${own}`, callee: `${callee}`, folder, ...spoken, ...(tls && { cert: tls.cert, key: tls.key, ca: tls.ca }) };
  for (const name of ["kamailio.cfg", "kamailio-tls.cfg"]) {
    const scenario = await readFile(new URL(`scenarios/${name}`, import.meta.url), "utf8");
    await writeFile(join(folder, name), scenario.replaceAll(/\{(\w+)\}/g, (all, key: string) => fill[key] ?? all));
  }
  await writeFile(join(folder, "dispatcher.list"), `1 sip:${LOOPBACK}:${server}${tls ? ";transport=tls" : ""}\n`);
  const options = ["-f", join(folder, "kamailio.cfg"), "-DD", "-E", "-m", "32", "-M", "4", "-Y", folder, "-w", folder];
  const program = startProgram(cleanup, "kamailio", options, { cwd: folder });
  // It has children, which end with it when it is asked to end, and not when it is killed.
  cleanup(async () => {
    program.signal("SIGTERM");
    await program.exit();
  });
  await Promise.race([listening("udp", own), program.exit().then(() => { throw new Error(`Kamailio has ended:\n${program.output()}`); })]);
  return {
    requests: () => [...new Set([...program.output().matchAll(/(?:loose|stray|from the server:|to the server:) \w+(?: from \w+)?/g)].map(([request]) => request))],
  };
}

/** Where distributions put Kamailio's modules. */
const TLS_MODULE = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"].map((folder) => `${folder}/kamailio/modules/tls.so`);

function withTls(folder: string, { port }: { readonly port: number }) {
  if (!TLS_MODULE.some((file) => existsSync(file))) throw new Error("This test needs what is not here: Kamailio's TLS (Debian: apt-get install kamailio-tls-modules).");
  return {
    sockets: `enable_tls=yes\ntcp_children=1\nlisten=tls:${LOOPBACK}:${port}`,
    modules: `loadmodule "tls.so"\nmodparam("tls", "config", "${join(folder, "kamailio-tls.cfg")}")`,
    // Nobody else comes that way.
    who: "$proto",
    server: '$proto == "tls"',
  };
}

import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { connect } from "node:tls";
import { LOOPBACK } from "./ports.ts";
import type { Cleanup } from "./running-program.ts";

/** Encrypts for a program that cannot: what connects to the port it returns is connected to `server` over TLS. */
export async function startTlsTunnel(cleanup: Cleanup, server: number, ca: string): Promise<number> {
  const authority = await readFile(ca);
  const tunnel = createServer((plain) => {
    const secure = connect({ host: LOOPBACK, port: server, ca: authority });
    plain.on("error", () => secure.destroy()).on("close", () => secure.destroy());
    secure.on("error", () => plain.destroy()).on("close", () => plain.destroy());
    plain.pipe(secure).pipe(plain);
  });
  await new Promise<void>((resolve) => tunnel.listen(0, LOOPBACK, resolve));
  cleanup(() => new Promise((resolve) => tunnel.close(() => resolve())));
  const address = tunnel.address();
  return typeof address === "object" && address ? address.port : 0;
}

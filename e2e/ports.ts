import { createSocket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { until } from "./running-program.ts";

export const LOOPBACK = "127.0.0.1";

// Below the ports that systems give out by themselves: nobody takes one between this look and its use.
const FIRST = 18_000;
const COUNT = 12_000;
let next = (process.pid * 16) % COUNT;

/**
 * The first of `count` ports in a row, even, free for UDP and TCP on the loopback address. Each is given out once in a
 * process: programs that take a port by number get one of their own.
 */
export async function freePorts(count = 4): Promise<number> {
  for (;;) {
    const first = FIRST + next;
    next = (next + count + (count % 2)) % COUNT;
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(ports.flatMap((port) => [isFreeForUdp(port), isFreeForTcp(port)]));
    if (free.every(Boolean)) return first;
  }
}

function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  return new Promise((resolve) => {
    socket.once("error", () => resolve(false));
    socket.bind(port, LOOPBACK, () => socket.close(() => resolve(true)));
  });
}

function isFreeForTcp(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, LOOPBACK, () => server.close(() => resolve(true)));
  });
}

/** Resolves once some program listens on the port. Looks at Linux's own table, and so disturbs nobody. */
export async function listening(transport: "udp" | "tcp", port: number): Promise<void> {
  // Lines as "0: 0100007F:3A98 00000000:0000 0A …"; 0A is LISTEN, which UDP does not have. IPv6 has a table of its own.
  const line = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, "0")} (?:0{8}|0{32}):0000 ${transport === "tcp" ? "0A" : ".."}`);
  const tables = () => Promise.all(["", "6"].map((family) => readFile(`/proc/net/${transport}${family}`, "utf8").catch(() => "")));
  await until(`a program that listens on ${transport} port ${port}`, async () => (await tables()).some((table) => line.test(table)) || undefined);
}

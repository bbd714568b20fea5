import { readdir, readFile, readlink } from "node:fs/promises";
import type { ServerProcess } from "../server-process.ts";

/** What a server holds. */
export interface Holding {
  readonly heapMb: number;
  readonly residentMb: number;
  readonly openFiles: number;
  readonly udpPorts: number;
  readonly timers: number;
  readonly sessions: number;
  readonly calls: number;
}

export interface Sample extends Holding {
  /** Since the load began. */
  readonly atS: number;
}

/** Asks the server's own metrics and Linux's /proc. */
export async function sampleOf(server: ServerProcess): Promise<Holding> {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const metric = (name: string) => {
    const line = metrics.split("\n").find((text) => text.startsWith(`${name} `));
    return line === undefined ? 0 : Number(line.slice(name.length));
  };
  const { openFiles, udpPorts } = await handlesOf(server.pid);
  return {
    heapMb: metric("nodejs_heap_size_used_bytes") / 2 ** 20,
    residentMb: await server.residentMb(),
    openFiles,
    udpPorts,
    timers: metric('nodejs_active_resources{type="Timeout"}'),
    sessions: metric("piopiy_media_sessions"),
    calls: metric("piopiy_calls_active"),
  };
}

/** The open file handles of a process, and how many of them are UDP sockets. */
async function handlesOf(pid: number): Promise<{ readonly openFiles: number; readonly udpPorts: number }> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder);
  // One may have been closed since.
  const targets = new Set(await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => ""))));
  const tables = await Promise.all(["udp", "udp6"].map((name) => readFile(`/proc/${pid}/net/${name}`, "utf8")));
  const sockets = tables.flatMap((table) => table.split("\n").slice(1)).map((line) => line.trim().split(/\s+/)[9]);
  return { openFiles: names.length, udpPorts: sockets.filter((inode) => targets.has(`socket:[${inode}]`)).length };
}

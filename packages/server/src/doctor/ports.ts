import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { isIPv6 } from "node:net";
import { type Check, failed, ok, warning } from "./check.ts";
import type { Config } from "../config/index.ts";

/** A port of the configuration, and what came of trying to listen there: nothing, or the system's code. */
export interface PortFacts {
  readonly setting: string;
  readonly transport: "udp" | "tcp";
  readonly host: string;
  readonly port: number;
  readonly code: string | undefined;
}

/** `ours`: a server of ours answers at the API's address, and so holds them. */
export function judgePorts(ports: readonly PortFacts[], ours: boolean): Check {
  const broken = ports.find(({ code }) => code !== undefined && !(ours && code === "EADDRINUSE"));
  if (!broken) {
    const names = ports.map(({ transport, port }) => `${transport} ${port}`).join(", ");
    return ok("ports", ours ? `The server that runs holds them: ${names}.` : `They are free: ${names}.`);
  }
  const { setting, transport, host, port, code } = broken;
  const what = `${setting} (${transport} ${host}:${port})`;
  switch (code) {
    case "EADDRINUSE":
      return failed("ports", `${what} is held by another program.`, `See which: ss -lnp 'sport = :${port}'; stop it, or choose another port.`);
    case "EACCES":
      return failed("ports", `${what} may not be listened at.`, "Ports below 1024 need AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit.");
    case "EADDRNOTAVAIL":
      return failed("ports", `${what}: the host is no address of this machine.`, "Take one that ip addr shows, or 0.0.0.0; tell others another one by advertise.");
    default:
      return failed("ports", `${what} cannot be listened at (${code}).`, "See ip addr, and the firewall's log.");
  }
}

/** Of the media range so many were tried, and so many are held by others. */
export function judgeMediaPorts(range: readonly [number, number], tried: number, held: number, ours: boolean): Check {
  const [from, to] = range;
  if (to === 0) return ok("media ports", "The system chooses them: no firewall can let in what nobody knows before.");
  const figures = { ports: to - from + 1, tried, held };
  const size = `${from} to ${to}, for ${figures.ports} legs at a time`;
  if (held === 0 || ours) return ok("media ports", `${size}.`, figures);
  const todo = "Choose a range that nobody else uses, below those the system gives away (sysctl net.ipv4.ip_local_port_range).";
  if (held === tried) return failed("media ports", `${size}: none of ${tried} that were tried is free.`, todo, figures);
  return warning("media ports", `${size}: ${held} of ${tried} that were tried are held by others.`, todo, figures);
}

/** The ports a server of this configuration listens at, but for media; 0 means any and is left out. */
export function listenedPorts({ http, sip }: Config): readonly Omit<PortFacts, "code">[] {
  const all = [
    { setting: "http.port", transport: "tcp", host: http.host, port: http.port },
    { setting: "sip.udp", transport: "udp", host: sip.host, port: sip.udp },
    { setting: "sip.tcp", transport: "tcp", host: sip.host, port: sip.tcp },
    { setting: "sip.tls.port", transport: "tcp", host: sip.host, port: sip.tls?.port ?? false },
    { setting: "sip.ws.port", transport: "tcp", host: sip.host, port: sip.ws?.port ?? false },
  ] as const;
  return all.flatMap(({ port, ...rest }) => (port === false || port === 0 ? [] : [{ ...rest, port }]));
}

/** Tries to listen there for a moment; the system's code when that fails. */
export function tryPort({ transport, host, port }: Pick<PortFacts, "transport" | "host" | "port">): Promise<string | undefined> {
  return new Promise((resolve) => {
    const failedBy = (failure: Error) => resolve("code" in failure ? String(failure.code) : "unknown");
    if (transport === "udp") {
      const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
      socket.once("error", (failure) => socket.close(() => failedBy(failure)));
      socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(undefined)));
      return;
    }
    const server = createServer();
    server.once("error", failedBy);
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

const SAMPLES = 40;

/** Tries some ports of the range, evenly spread. */
export async function tryMediaPorts({ host, ports: [from, to] }: Config["media"]): Promise<{ readonly tried: number; readonly held: number }> {
  if (to === 0) return { tried: 0, held: 0 };
  const size = to - from + 1;
  const tried = Math.min(SAMPLES, size);
  const ports = Array.from({ length: tried }, (_, index) => from + Math.floor((index * size) / tried));
  const codes = await Promise.all(ports.map((port) => tryPort({ transport: "udp", host, port })));
  return { tried, held: codes.filter((code) => code === "EADDRINUSE").length };
}

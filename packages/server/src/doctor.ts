import { monitorEventLoopDelay } from "node:perf_hooks";
import { messageOf, randomIds, systemClock, type Clock, type Ids } from "./base/index.ts";
import { certificateEndsMs, readCertificate } from "./compose-tls.ts";
import type { Config } from "./config/index.ts";
import {
  addressFacts, clockFacts, diskFacts, exitCodeOf, fileHandleLimit, judgeAddress, judgeCertificate, judgeClock, judgeDisk, judgeEventLoop, judgeFileHandles,
  judgeMediaPorts, judgeNode, judgePorts, judgePump, listenedPorts, reportOf, tryMediaPorts, tryPort, type CertificateFacts, type Check,
} from "./doctor/index.ts";
import { hasPump } from "./media/index.ts";
import { listenInLoop } from "./doctor-loop.ts";

/** Looks at the machine and the configuration, prints what it finds, and resolves with the exit code: 1 when something failed. */
export async function doctor(config: Config, { json = false }: { readonly json?: boolean } = {}): Promise<number> {
  const checks = await examine(config);
  console.log(json ? JSON.stringify({ ok: exitCodeOf(checks) === 0, checks }, undefined, 2) : reportOf(checks));
  return exitCodeOf(checks);
}

/** Every check, in the order in which one would ask. Nothing of the running server is touched. */
export async function examine(config: Config, clock: Clock = systemClock, ids: Ids = randomIds): Promise<readonly Check[]> {
  const ours = await serverRuns(config);
  const still = [
    judgeNode(process.versions.node),
    await portsOf(config, ours),
    await mediaPortsOf(config, ours),
    judgeAddress("sip", await addressFacts(config, "sip")),
    judgeAddress("media", await addressFacts(config, "media")),
    ...(await certificatesOf(config, clock)),
    judgeClock(await clockFacts(clock)),
    judgeDisk(await diskFacts(config.data, clock, ids)),
    judgePump(hasPump(), config.media.pump),
    judgeFileHandles(await fileHandleLimit(), sessionsOf(config)),
  ];
  // The last, alone: what it measures is this machine without us.
  const delay = monitorEventLoopDelay({ resolution: 10 });
  const loop = await listenInLoop(config, clock, ids, () => delay.enable());
  delay.disable();
  // The histogram counts the wait for its own timer, too.
  return [...still, ...loop, judgeEventLoop(Math.max(0, delay.percentile(99) / 1e6 - 10))];
}

/** Ports for which the system chooses among its own. */
const ANY_PORTS = 10_000;
const sessionsOf = ({ media: { ports: [from, to] } }: Config): number => (to === 0 ? ANY_PORTS : to - from + 1);

/** Whether a server of ours answers where this configuration lets one listen. */
async function serverRuns({ http: { host, port, tls } }: Config): Promise<boolean> {
  if (port === 0) return false;
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  const live = await fetch(`${tls ? "https" : "http"}://${name}:${port}/health/live`).then(async (response) => await response.json(), () => undefined).catch(() => undefined);
  const { status } = Object(live) satisfies { readonly status?: unknown };
  return status === "live";
}

async function portsOf(config: Config, ours: boolean): Promise<Check> {
  const codes = await Promise.all(listenedPorts(config).map(tryPort));
  return judgePorts(listenedPorts(config).map(({ setting, transport, host, port }, index) => ({ setting, transport, host, port, code: codes[index] })), ours);
}

async function mediaPortsOf({ media }: Config, ours: boolean): Promise<Check> {
  const { tried, held } = await tryMediaPorts(media);
  return judgeMediaPorts(media.ports, tried, held, ours);
}

async function certificatesOf({ http, sip }: Config, clock: Clock): Promise<readonly Check[]> {
  const files = [["http.tls", http.tls], ["sip.tls", sip.tls]] as const;
  const facts = files.flatMap(([setting, tls]) => (tls ? [certificateFacts(setting, tls, clock)] : []));
  return (await Promise.all(facts)).map((one) => judgeCertificate(one, clock.now()));
}

async function certificateFacts(setting: string, tls: { readonly cert: string; readonly key: string }, clock: Clock): Promise<CertificateFacts> {
  try {
    const { cert } = await readCertificate(tls, setting, clock);
    return { setting, endsMs: certificateEndsMs(cert) };
  } catch (failure) {
    return { setting, why: messageOf(failure) };
  }
}

import { isIP } from "node:net";
import { bindSocket } from "./dgram-port.ts";
import { bindPump } from "./pump-port.ts";
import { threadPump } from "./pump.ts";
import type { PumpChoice, UdpHooks, UdpPort } from "./udp-port.ts";

/** Binds `host:port`; port 0 lets the system choose. Rejects with the system's error. */
export async function bindUdpPort(host: string, port: number, hooks: UdpHooks, choice: PumpChoice): Promise<UdpPort> {
  const pump = choice === "off" || isIP(host) === 0 ? undefined : threadPump();
  return pump ? bindPump(pump, host, port, hooks) : await bindSocket(host, port, hooks);
}

import { isIP, isIPv6 } from "node:net";
import { createNames, type Names } from "./names.ts";
import type { Aim, Pump } from "./pump.ts";
import type { UdpHooks, UdpPort } from "./udp-port.ts";

/** Binds a numeric address by the pump. Throws the system's error. */
export function bindPump(pump: Pump, host: string, port: number, { datagram, sendFailed }: UdpHooks): UdpPort {
  const { handle, port: bound } = pump.open(host, port, { datagram });
  const aimAt = aims(pump, handle, isIPv6(host) ? 6 : 4);
  let closed = false;
  const send = (packet: Uint8Array, toPort: number, toHost: string): boolean => {
    const aim = aimAt(toHost);
    return aim !== undefined && pump.send(handle, packet, aim, toPort);
  };
  return {
    host,
    port: bound,
    send(packet, toPort, toHost) {
      if (!closed && !send(packet, toPort, toHost)) sendFailed();
    },
    sendControl(packet, toPort, toHost) {
      if (!closed) send(packet, toPort, toHost);
    },
    async close() {
      if (closed) return;
      closed = true;
      pump.close(handle);
    },
  };
}

/** Hardly ever is a packet sent elsewhere than the one before. Until a name is known, nothing goes there. */
function aims(pump: Pump, handle: number, family: number): (host: string) => Aim | undefined {
  /** Since somebody gave one. */
  let names: Names | undefined;
  let last = "";
  let aim: Aim | undefined;
  return (host) => {
    if (host === last && aim) return aim;
    if (isIP(host) === 0) names ??= createNames();
    const address = names ? names.known(host) : host;
    if (address !== undefined) {
      last = host;
      return (aim = pump.aim(handle, address));
    }
    names?.ask(host, family, () => undefined);
    return undefined;
  };
}

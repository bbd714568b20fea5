import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { PumpChoice } from "./udp-port.ts";

/** What `native/pump.c` exports. Numbers below zero are errors of the system. */
export interface PumpAddon {
  readonly version: number;
  /** Begins, once on a thread: what is shared with it, as `[received, sent, rows]`. `readable`: something can be read. */
  start(readable: () => void): readonly [ArrayBuffer, ArrayBuffer, ArrayBuffer] | number;
  /** A handle; the bound port stands in the row of what is sent. */
  open(host: string, port: number, receiveBufferBytes: number): number;
  close(handle: number): number;
  /** Fills rows and slots with what was received; how many. `again` goes on where the call before has stopped. */
  read(again: boolean): number;
  /** Where the datagram of a slot came from. */
  name(slot: number): string;
  /** Writes a numeric address into the row of what is sent. */
  aim(handle: number, host: string): number;
  /** Sends the packet that the row describes. */
  send(): number;
  /** Lets this thread have the processor sooner when it is due, where the system can. */
  favour(): number;
}

/** As in `native/pump.c`: a file that was built from another one is not used. */
const PUMP_VERSION = 2;

/** The addon as it was built at install; undefined where that was not possible. */
export function loadPumpAddon(file = new URL("../../native/build/pump.node", import.meta.url)): PumpAddon | undefined {
  try {
    const addon: Partial<PumpAddon> = createRequire(import.meta.url)(fileURLToPath(file));
    return isCurrentPump(addon) ? addon : undefined;
  } catch {
    return undefined;
  }
}

/** Whether packets can be moved by the pump on this machine. */
export const hasPump = (): boolean => loadPumpAddon() !== undefined;

/** For what makes an engine without a configuration, as tests and phones do. */
export const usualPump = (): PumpChoice => (process.env["PIOPIY_MEDIA_PUMP"] === "off" ? "off" : "auto");

export const isCurrentPump = (addon: Partial<PumpAddon>): addon is PumpAddon => addon.version === PUMP_VERSION && addon.favour !== undefined;

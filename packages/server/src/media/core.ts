import { randomIds, type Ids } from "../base/index.ts";
import { CoreSession } from "./core-session.ts";
import { perform } from "./core-commands.ts";
import type { MediaParameters } from "./engine.ts";
import type { Command, CommandPort, SampleReports, Tell } from "./protocol.ts";
import { addStatistics, newCounters } from "./statistics.ts";
import { Turns, type Taker } from "./turns.ts";
import { bindUdpPort } from "./bind-udp-port.ts";
import type { PumpChoice, UdpPort } from "./udp-port.ts";

export interface CoreOptions {
  readonly host: string;
  readonly pump: PumpChoice;
  readonly tell: Tell;
  readonly samples: SampleReports;
  readonly monotonicMs: () => number;
  readonly ids?: Ids;
}

interface Open extends Taker {
  readonly udp: UdpPort;
  readonly near: number | undefined;
}

/** The engine on the thread that does its work: commands in, reports out, `step` whenever `nextMs` has come. */
export class Core implements CommandPort {
  readonly #options: CoreOptions;
  readonly #tell: Tell;
  readonly #opens = new Map<number, Open>();
  readonly #turns: Turns;
  #stopped = false;

  constructor(options: CoreOptions) {
    this.#options = options;
    this.#tell = options.tell;
    this.#turns = new Turns(options.monotonicMs, (lateMs) => options.tell({ type: "late", sessions: this.#opens.size, lateMs }));
  }

  /** When the next frame is due; undefined while no session has media. */
  get nextMs(): number | undefined {
    return this.#turns.nextMs;
  }

  step(nowMs: number): void {
    this.#turns.step(nowMs);
  }

  /** Closes all sessions and whatever is being opened. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(Array.from(this.#opens.values(), (open) => this.#close(open)));
  }

  samples(session: number, playback: number, samples: Int16Array): void {
    const open = this.#opens.get(session);
    if (!open) return;
    const { playout } = open.session;
    const nowMs = this.#options.monotonicMs();
    const waited = playout.waits;
    playout.append(playback, samples, nowMs);
    if (!waited && playout.waits && this.#isAlone(open)) this.#turns.align(open, this.#opens.size, nowMs);
  }

  relayed(session: number, link: number, frame: Int16Array): void {
    this.#opens.get(session)?.session.relays.get(link)?.push(frame);
  }

  send(command: Command): void {
    if (command.type === "open") {
      void this.#open(command.session, command.port, command.near);
      return;
    }
    if (command.type === "statistics") {
      this.#tell({ type: "statistics", request: command.request, statistics: this.#statistics() });
      return;
    }
    const open = this.#opens.get(command.session);
    // What was sent to a session while it closed finds nobody.
    if (!open) return;
    if (command.type === "configure") this.#configure(open, command.parameters);
    else if (command.type === "close") void this.#close(open);
    else if (command.type === "join" || command.type === "unjoin") this.#pair(open.session, command.other, command.type === "join");
    else {
      // Who listens hears the time pass, also before media has begun.
      if (command.type === "listen") this.#schedule(open);
      perform(open.session, command, this.#options.monotonicMs());
    }
  }

  async #open(id: number, port: number, near: number | undefined): Promise<void> {
    const { host, pump, ids = randomIds, monotonicMs } = this.#options;
    let bound: UdpPort | undefined;
    const send = (packet: Uint8Array, toPort: number, toHost: string) => bound?.send(packet, toPort, toHost);
    const sendControl = (packet: Uint8Array, toPort: number, toHost: string) => bound?.sendControl(packet, toPort, toHost);
    const session = new CoreSession(id, { ids, tell: this.#tell, samples: this.#options.samples, send, sendControl });
    try {
      const udp = await bindUdpPort(host, port, {
        datagram: (bytes, fromHost, fromPort) => session.datagram(bytes, fromHost, fromPort, monotonicMs()),
        sendFailed: () => (session.counters.packetsSent -= 1),
      }, pump);
      if (this.#stopped) {
        await udp.close();
        return;
      }
      bound = udp;
      this.#opens.set(id, { session, udp, near, place: undefined });
      this.#tell({ type: "opened", session: id, port: udp.port });
    } catch (failure) {
      const portTaken = failure instanceof Error && "code" in failure && failure.code === "EADDRINUSE";
      this.#tell({ type: "refused", session: id, portTaken });
    }
  }

  #configure(open: Open, parameters: MediaParameters): void {
    open.session.configure(parameters, this.#options.monotonicMs());
    this.#schedule(open);
  }

  /** Gives a session its turns. */
  #schedule(open: Open): void {
    this.#turns.begin(open, open.near === undefined ? undefined : this.#opens.get(open.near));
  }

  /** Sessions that are joined, or will be, keep their turns together. */
  #isAlone({ session, near }: Open): boolean {
    if (near !== undefined || session.partners.size > 0) return false;
    for (const other of this.#opens.values()) if (other.near === session.id) return false;
    return true;
  }

  async #close(open: Open): Promise<void> {
    const { session, udp } = open;
    session.leave(this.#options.monotonicMs());
    this.#opens.delete(session.id);
    this.#turns.end(open);
    for (const other of this.#opens.values()) other.session.partners.delete(session.heard);
    session.end();
    await udp.close();
    this.#tell({ type: "closed", session: session.id, statistics: session.statistics });
  }

  #pair(session: CoreSession, otherId: number, together: boolean): void {
    const other = this.#opens.get(otherId)?.session;
    if (!other) return;
    if (together) {
      session.partners.add(other.heard);
      other.partners.add(session.heard);
    } else {
      session.partners.delete(other.heard);
      other.partners.delete(session.heard);
    }
  }

  #statistics() {
    const sums = newCounters();
    for (const { session } of this.#opens.values()) addStatistics(sums, session.counters);
    return sums;
  }
}

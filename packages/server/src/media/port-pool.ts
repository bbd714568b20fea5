import { PiopiyError, type Ids } from "../base/index.ts";

/** The UDP ports sessions may be bound to. */
export interface PortPool {
  /** A port that is not given out, and counts as given out from now on. 0: the system chooses. Fails with `out_of_ports`. */
  take(): number;
  release(port: number): void;
  /** How many there are to try. */
  readonly size: number;
}

/**
 * Ports go round in a circle from a random start: a port that was freed comes again last, so that late packets of an
 * ended call do not reach the next one, and nobody can guess the next port from outside.
 */
export function createPortPool([from, to]: readonly [from: number, to: number], ids: Ids): PortPool {
  if (from === 0 && to === 0) return { take: () => 0, release: () => undefined, size: 1 };
  const size = to - from + 1;
  if (!(size > 0)) throw new PiopiyError("bad_configuration", "The range of media ports is empty.");
  const taken = new Set<number>();
  let next = ids.integer(size);
  return {
    take() {
      for (let tried = 0; tried < size; tried++) {
        const port = from + next;
        next = (next + 1) % size;
        if (taken.has(port)) continue;
        taken.add(port);
        return port;
      }
      throw new PiopiyError("out_of_ports");
    },
    release: (port) => void taken.delete(port),
    size,
  };
}

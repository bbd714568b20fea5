import { abortable, scope, type Scope } from "../base/index.ts";

/** Runs the same work once for everyone who asks for it at the same time. */
export interface SingleFlight<T> {
  /** The work goes on as long as anyone waits for it: its signal aborts when the last one's has. */
  run(key: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** How many works are under way. */
  readonly size: number;
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly lifetime: Scope;
  waiting: number;
}

export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();
  const start = (key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> => {
    const lifetime = scope();
    const flight = { result: Promise.resolve().then(() => work(lifetime.signal)), lifetime, waiting: 0 };
    flights.set(key, flight);
    const landed = () => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    flight.result.then(landed, landed);
    return flight;
  };
  return {
    async run(key, work, signal) {
      signal.throwIfAborted();
      const flight = flights.get(key) ?? start(key, work);
      flight.waiting += 1;
      try {
        return await abortable(flight.result, signal);
      } finally {
        flight.waiting -= 1;
        if (flight.waiting === 0) {
          // Whoever asks from now on must not get the work that was given up.
          if (flights.get(key) === flight) flights.delete(key);
          flight.lifetime.close(signal.reason);
        }
      }
    },
    get size() {
      return flights.size;
    },
  };
}

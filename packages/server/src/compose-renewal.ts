import { channels, Emitter, messageOf, setRepeating, type Clock, type Listenable } from "./base/index.ts";

/** How often it is looked whether files have been replaced: they are read, so that links may lead elsewhere as well. */
const LOOK_MS = 30_000;
/** How often a certificate that runs out is told of. */
const TELL_MS = 86_400_000;

/** What stands in files that may be replaced while the server runs. */
export interface Renewable<T> {
  /** As it was read first. */
  readonly value: T;
  /** It is another one from now on. */
  readonly renewals: Listenable<{ renewed: T }>;
  /** Looks now. What cannot be used is told of, once, and what there is stays in use. Never rejects. */
  look(): Promise<void>;
  close(): void;
}

/**
 * Reads what `setting` names, now and every 30 s; `tell`: of what is wrong with it, but can be used. Rejects when it
 * cannot be used now.
 */
export async function renewable<T>(setting: string, clock: Clock, read: (tell: boolean) => Promise<T>): Promise<Renewable<T>> {
  const value = await read(true);
  const renewals = new Emitter<{ renewed: T }>();
  let seen = fingerprint(value);
  let complaint: string | undefined;
  let toldMs = clock.monotonicMs();
  let looking: Promise<void> | undefined;
  const lookOnce = async () => {
    const tell = clock.monotonicMs() - toldMs >= TELL_MS;
    if (tell) toldMs = clock.monotonicMs();
    try {
      const next = await read(tell);
      complaint = undefined;
      if (fingerprint(next) === seen) return;
      seen = fingerprint(next);
      renewals.emit("renewed", next);
      toldMs = Number.NEGATIVE_INFINITY;
      channels.certificateRenewed.publish({ setting });
    } catch (failure) {
      // A certificate and its key are replaced one after the other: what does not fit now may fit at the next look.
      if (complaint !== messageOf(failure)) channels.failure.publish({ layer: "server", failure });
      complaint = messageOf(failure);
    }
  };
  const look = () => (looking ??= lookOnce().finally(() => (looking = undefined)));
  const timer = setRepeating(clock, LOOK_MS, () => void look());
  return { value, renewals, look, close: () => timer.cancel() };
}

const fingerprint = (value: unknown): string => JSON.stringify(value, (_, part: unknown) => (part instanceof Map ? Array.from(part) : part));

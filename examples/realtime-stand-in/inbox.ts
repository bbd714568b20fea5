/** An event of a client. */
export interface ClientEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What a client has sent, to be asked for. */
export interface Inbox {
  readonly received: readonly ClientEvent[];
  put(event: ClientEvent): void;
  /** The next event of a type that has not been asked for. */
  next(type: string): Promise<ClientEvent>;
}

export function createInbox(): Inbox {
  const received: ClientEvent[] = [];
  const untaken: ClientEvent[] = [];
  const waiting: { readonly type: string; readonly found: (event: ClientEvent) => void }[] = [];
  return {
    received,
    put(event) {
      received.push(event);
      const at = waiting.findIndex(({ type }) => type === event.type);
      if (at < 0) untaken.push(event);
      else waiting.splice(at, 1)[0]?.found(event);
    },
    next: (type) => new Promise((found) => {
      const at = untaken.findIndex((event) => event.type === type);
      const [there] = at < 0 ? [] : untaken.splice(at, 1);
      if (there) found(there);
      else waiting.push({ type, found });
    }),
  };
}

/** A field of what a client sent, however deep; nothing, where there is none. */
export function field(value: unknown, ...names: readonly string[]): unknown {
  const inside = (at: unknown, name: string) => (typeof at === "object" && at !== null ? Object.entries(at).find(([key]) => key === name)?.[1] : undefined);
  return names.reduce(inside, value);
}

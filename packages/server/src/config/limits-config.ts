/** How many calls are placed: in a second, at one time, and how many wait for their turn. */
export interface PaceConfig {
  readonly cps?: number;
  readonly concurrent?: number;
  readonly queue: number;
}

/** What may be called over trunks, and for how long. Numbers by their first digits, country code first; `*` is every number. */
export interface OutsideConfig {
  readonly destinations?: readonly string[];
  readonly deny?: readonly string[];
  /** Of one leg. */
  readonly call_minutes?: number;
  /** Of all legs together, in a day of UTC. */
  readonly day_minutes?: number;
}

export interface AppLimitsConfig extends PaceConfig, OutsideConfig {
  /** Legs over trunks at one time, those that flows dial too. */
  readonly trunk_legs?: number;
}

export interface ServerLimitsConfig extends OutsideConfig {
  /** The country whose numbers may be called. */
  readonly country?: string;
  /** Hosts, addresses and blocks that SIP URIs may lead to, beside trunks. */
  readonly hosts?: readonly string[];
  /** Peers may send their calls on to trunks and foreign hosts. */
  readonly refer: boolean;
}

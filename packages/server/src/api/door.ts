import { createHash, timingSafeEqual } from "node:crypto";
import { createBuckets, networkOf, type Clock } from "../base/index.ts";
import { TooManyRequests } from "./failures.ts";

export interface AppCredentials {
  readonly appid: string;
  /** Or `sha256:` and its digest in hexadecimal digits. */
  readonly secret: string;
}

/** Requests in a second, by app and by address, and wrong credentials in a minute, by address. */
export interface HttpRate {
  readonly app: number;
  readonly address: number;
  readonly bad_credentials: number;
}

/** Generous: an app that places calls as fast as a server can take them is not slowed down. */
export const DEFAULT_RATE: HttpRate = { app: 1000, address: 1000, bad_credentials: 30 };

/** Lets requests in: so many of one address, of apps with the right secret, and so many of each. Fails with `rate_limited`. */
export interface Door {
  /** A request has come from this address. */
  knock(address: string): void;
  /** Whether the secret is the app's; takes as long whatever is wrong. */
  admit(address: string, appid: string, secret: string): boolean;
  /** Requests that were refused since the start, by reason. */
  readonly refused: Readonly<Record<"address" | "app" | "bad_credentials", number>>;
}

export function createDoor(apps: readonly AppCredentials[], clock: Clock, rate: HttpRate = DEFAULT_RATE): Door {
  const digests = new Map(apps.map(({ appid, secret }) => [appid, digestOf(secret)]));
  // An unknown app is compared with a secret that nobody has: its digest is no digest of anything known.
  const nobodys = Buffer.alloc(32);
  const addresses = createBuckets(clock, { burst: 2 * rate.address, perSecond: rate.address });
  const known = createBuckets(clock, { burst: 2 * rate.app, perSecond: rate.app });
  const guesses = createBuckets(clock, { burst: rate.bad_credentials, perSecond: rate.bad_credentials / 60 });
  const refused = { address: 0, app: 0, bad_credentials: 0 };
  const refuse = (reason: keyof typeof refused, waitMs: number) => {
    refused[reason] += 1;
    throw new TooManyRequests(Math.max(1, Math.ceil(waitMs / 1000)));
  };
  return {
    refused,
    knock(address) {
      const key = networkOf(address);
      if (!addresses.take(key)) refuse("address", addresses.waitMs(key));
    },
    admit(address, appid, secret) {
      const key = networkOf(address);
      // Before the secret is looked at: who guesses too much learns nothing any more, not even from the right one.
      const waitMs = guesses.waitMs(key);
      if (waitMs > 0) refuse("bad_credentials", waitMs);
      const expected = digests.get(appid);
      const same = timingSafeEqual(sha256(secret), expected ?? nobodys);
      if (!same || !expected) {
        guesses.take(key);
        return false;
      }
      if (!known.take(appid)) refuse("app", known.waitMs(appid));
      return true;
    },
  };
}

/** `sha256:<64 hex digits>` is a secret of which only the digest is known here. */
function digestOf(secret: string): Buffer {
  const [, hex] = /^sha256:([0-9a-f]{64})$/i.exec(secret) ?? [];
  return hex === undefined ? sha256(secret) : Buffer.from(hex, "hex");
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

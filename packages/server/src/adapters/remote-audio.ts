import { PiopiyError, type Clock } from "../base/index.ts";
import type { SafeFetch } from "./http-fetch.ts";

/** Decoded audio, and what is needed to ask whether it is still the same. */
export interface FetchedAudio {
  readonly samples: Int16Array;
  readonly fetchedMs: number;
  readonly etag?: string;
  readonly lastModified?: string;
}

interface Wanted {
  readonly url: string;
  /** What an earlier fetch gave. */
  readonly known: FetchedAudio | undefined;
  readonly fetch: SafeFetch;
  readonly decode: (bytes: Uint8Array, signal: AbortSignal) => Promise<Int16Array>;
  readonly clock: Clock;
  readonly maxFileBytes: number;
}

const TIMEOUT_MS = 10_000;

/** Fetches and decodes a file; one that has not changed since (RFC 9110 §13.1) is neither sent nor decoded again. */
export async function fetchAudio(wanted: Wanted, signal: AbortSignal): Promise<FetchedAudio> {
  const { url, known, fetch, decode, clock, maxFileBytes } = wanted;
  const headers = {
    ...(known?.etag === undefined ? {} : { "if-none-match": known.etag }),
    ...(known?.lastModified === undefined ? {} : { "if-modified-since": known.lastModified }),
  };
  const response = await fetch.request(url, { headers, timeoutMs: TIMEOUT_MS, maxBytes: maxFileBytes }, signal);
  const fetchedMs = clock.now();
  if (response.status === 304 && known) return { ...known, fetchedMs };
  if (response.status !== 200) throw new PiopiyError("fetch_failed", `The address of the file answered with HTTP ${response.status}.`);
  const { etag, "last-modified": lastModified } = response.headers;
  return {
    samples: await decode(response.body, signal),
    fetchedMs,
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
  };
}

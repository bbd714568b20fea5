import { PiopiyError, scope, type Clock } from "../base/index.ts";
import { GrowingContent, wholeContent, type Content } from "./content.ts";
import type { HttpResponse } from "./http-exchange.ts";
import type { SafeFetch } from "./http-fetch.ts";

/** A file that can be played: decoded, or to be decoded as it is played. */
export type Playable = { readonly samples: Int16Array } | { readonly content: Content };

/** What a fetch gave, and what is needed to ask whether it is still the same. */
export interface FetchedAudio {
  readonly playable: Playable;
  /** What of it is kept in memory. */
  readonly bytes: number;
  readonly fetchedMs: number;
  readonly etag?: string;
  readonly lastModified?: string;
}

export interface Wanted {
  readonly url: string;
  /** What an earlier fetch gave. */
  readonly known: FetchedAudio | undefined;
  readonly fetch: SafeFetch;
  readonly decode: (bytes: Uint8Array, signal: AbortSignal) => Promise<Int16Array>;
  readonly clock: Clock;
  readonly maxFileBytes: number;
  /** A file is played before it is all there once it has turned out longer than this. */
  readonly streamFromBytes: number;
  /** Up to this length a file is kept decoded. */
  readonly decodeUpToBytes: number;
  /** The file is long: what is there of it can be played. Told before the fetch is over, at most once. */
  readonly early: (content: Content) => void;
}

/** Without a byte for so long the fetch has failed. */
const STALL_MS = 10_000;
/** For all of a long file. */
const TIMEOUT_MS = 300_000;

/** Fetches a file, and decodes it unless it is long; one that has not changed since (RFC 9110 §13.1) is not sent again. */
export async function fetchAudio(wanted: Wanted, signal: AbortSignal): Promise<FetchedAudio> {
  const growing = new GrowingContent();
  try {
    const response = await fetched(wanted, growing, signal);
    const fetchedMs = wanted.clock.now();
    if (response.status === 304 && wanted.known) return { ...wanted.known, fetchedMs };
    if (response.status !== 200) throw new PiopiyError("fetch_failed", `The address of the file answered with HTTP ${response.status}.`);
    growing.complete();
    const { etag, "last-modified": lastModified } = response.headers;
    return {
      ...(await kept(wanted, response.body, signal)),
      fetchedMs,
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { lastModified }),
    };
  } catch (failure) {
    growing.fail(failure);
    throw failure;
  }
}

async function fetched(wanted: Wanted, growing: GrowingContent, signal: AbortSignal): Promise<HttpResponse> {
  const { url, known, fetch, clock, maxFileBytes, streamFromBytes, early } = wanted;
  const headers = {
    ...(known?.etag === undefined ? {} : { "if-none-match": known.etag }),
    ...(known?.lastModified === undefined ? {} : { "if-modified-since": known.lastModified }),
  };
  using within = scope(signal);
  const stalled = () => within.close(new PiopiyError("fetch_failed", `The address sent nothing for ${STALL_MS} ms.`));
  let timer = clock.setTimer(STALL_MS, stalled);
  let told = false;
  const onPart = (part: Uint8Array, status: number) => {
    timer.cancel();
    timer = clock.setTimer(STALL_MS, stalled);
    if (status !== 200) return;
    growing.push(part);
    if (told || growing.length <= streamFromBytes) return;
    told = true;
    early(growing);
  };
  try {
    return await fetch.request(url, { headers, timeoutMs: TIMEOUT_MS, maxBytes: maxFileBytes, onPart }, within.signal);
  } finally {
    timer.cancel();
  }
}

async function kept({ decode, decodeUpToBytes }: Wanted, body: Uint8Array, signal: AbortSignal): Promise<Pick<FetchedAudio, "playable" | "bytes">> {
  if (body.length > decodeUpToBytes) return { playable: { content: wholeContent(body) }, bytes: body.length };
  const samples = await decode(body, signal);
  return { playable: { samples }, bytes: samples.byteLength };
}

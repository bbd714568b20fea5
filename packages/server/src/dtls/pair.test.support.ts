import { randomIds, VirtualClock } from "../base/index.ts";
import type { SrtpProfile } from "../rtp/index.ts";
import { createIdentity, type DtlsIdentity } from "./certificate.ts";
import { createEndpoint, type DtlsAddress, type DtlsEndpoint, type DtlsPeer, type DtlsResult } from "./endpoint.ts";
import { fingerprintOf } from "./fingerprint.ts";

export const clientAddress: DtlsAddress = { host: "192.0.2.1", port: 4000 };
export const strangerAddress: DtlsAddress = { host: "203.0.113.9", port: 999 };
export const serverAddress: DtlsAddress = { host: "192.0.2.2", port: 5000 };

/** What becomes of the datagram of that number and sender: as many copies as are delivered, and when. */
export type Network = (index: number, from: "client" | "server", datagram: Uint8Array) => readonly { readonly afterMs: number; readonly bytes: Uint8Array }[];

export const perfect: Network = (_index, _from, bytes) => [{ afterMs: 1, bytes }];

export interface PairOptions {
  readonly network?: Network;
  /** Where the server is told that the client is, unless it is there. */
  readonly remote?: DtlsAddress;
  /** Everything the server has told. */
  readonly told?: DtlsResult[];
  /** Gets what the server sends elsewhere than to the client. */
  readonly elsewhere?: (datagram: Uint8Array) => void;
  readonly client?: readonly SrtpProfile[];
  readonly server?: readonly SrtpProfile[];
  /** What each shows, and what the other one is told that it shows. */
  readonly identities?: { readonly client?: DtlsIdentity; readonly server?: DtlsIdentity };
  readonly announced?: { readonly client?: DtlsPeer["fingerprints"]; readonly server?: DtlsPeer["fingerprints"] };
}

export interface Pair {
  readonly clock: VirtualClock;
  readonly client: DtlsEndpoint;
  readonly server: DtlsEndpoint;
  readonly results: { client?: DtlsResult; server?: DtlsResult };
  /** Datagrams sent so far. */
  readonly sent: { readonly from: "client" | "server"; readonly bytes: Uint8Array }[];
}

const BOTH: readonly SrtpProfile[] = ["AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80"];
export const identity = createIdentity(randomIds);
export const otherIdentity = createIdentity(randomIds);

/** Two endpoints with a network between them, on a virtual clock. */
export function pair({ network = perfect, client = BOTH, server = BOTH, identities = {}, announced = {}, elsewhere, told, remote = clientAddress }: PairOptions = {}): Pair {
  const clock = new VirtualClock();
  const results: Pair["results"] = {};
  const sent: Pair["sent"] = [];
  const shown = { client: identities.client ?? identity, server: identities.server ?? otherIdentity };
  const carry = (from: "client" | "server", bytes: Uint8Array) => {
    const index = sent.push({ from, bytes }) - 1;
    for (const copy of network(index, from, bytes)) {
      clock.setTimer(copy.afterMs, () => (from === "client" ? ends.server.receive(copy.bytes, clientAddress) : ends.client.receive(copy.bytes, serverAddress)));
    }
  };
  const make = (who: "client" | "server") => {
    const other = who === "client" ? "server" : "client";
    return createEndpoint(
      {
        clock,
        ids: randomIds,
        identity: shown[who],
        profiles: who === "client" ? client : server,
        send: (datagram, to) => (to.host !== strangerAddress.host && to.port !== clientAddress.port + 1 ? carry(who, datagram) : elsewhere?.(datagram)),
        over: (result) => {
          if (results[who] && !told) throw new Error("told twice");
          if (who === "server") told?.push(result);
          results[who] = result;
        },
      },
      { role: who, fingerprints: announced[other] ?? [fingerprintOf(shown[other].certificate)], remote: who === "client" ? serverAddress : remote },
    );
  };
  // The server first: it waits.
  const waiting = make("server");
  const ends = { server: waiting, client: make("client") };
  return { clock, ...ends, results, sent };
}

export const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");

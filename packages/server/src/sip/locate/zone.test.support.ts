import type { NaptrRecord, SipResolver, SrvRecord } from "./resolver.ts";

/** Records by kind and name: `naptr example.com`, `srv _sip._udp.example.com`, `a host.example.com`. */
export type Zone = Readonly<Record<string, readonly (NaptrRecord | SrvRecord | string)[]>>;

/** A name server that knows a zone, and remembers what it was asked. */
export function dnsOf(zone: Zone): { readonly resolver: SipResolver; readonly asked: readonly string[] } {
  const asked: string[] = [];
  const answer = <T>(question: string, is: (record: unknown) => record is T): Promise<readonly T[]> => {
    asked.push(question);
    const records = zone[question];
    return records ? Promise.resolve(records.flatMap((record) => (is(record) ? [record] : []))) : Promise.reject(new Error("ENOTFOUND"));
  };
  return {
    asked,
    resolver: {
      naptr: (name) => answer(`naptr ${name}`, (record): record is NaptrRecord => isRecord(record) && "service" in record).catch(() => []),
      srv: (name) => answer(`srv ${name}`, (record): record is SrvRecord => isRecord(record) && "weight" in record).catch(() => []),
      addresses: (name) => answer(`a ${name}`, (record): record is string => typeof record === "string").catch(() => []),
    },
  };
}

const isRecord = (record: unknown): record is object => typeof record === "object" && record !== null;

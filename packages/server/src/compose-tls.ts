import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { channels, type Clock, PiopiyError } from "./base/index.ts";
import type { Config } from "./config/index.ts";
import { renewable, type Renewable } from "./compose-renewal.ts";
import type { TlsSettings } from "./sip/index.ts";

/** A certificate that ends sooner is told of. */
const SOON_MS = 14 * 86_400_000;

/**
 * How SIP over TLS is spoken, from the files the configuration names. Fails with `bad_configuration` when one cannot be
 * read, is no PEM, or the key is not the certificate's. A certificate that has run out is told of, unless `tell` is false, and used.
 */
export async function tlsOf({ sip, trunks }: Pick<Config, "sip" | "trunks">, clock: Clock, tell = true): Promise<TlsSettings> {
  const { tls } = sip;
  const peers = new Map<string, false | { readonly ca: string }>();
  for (const trunk of trunks) {
    const verify = trunk.tls?.verify;
    if (verify !== undefined) peers.set(trunk.host, verify === false ? false : { ca: await authorities(verify, `The authority of the trunk ${trunk.name}`) });
  }
  if (!tls) return { peers };
  return {
    certificate: await readCertificate(tls, "sip.tls", clock, tell),
    peers,
    verifyClient: tls.verify_client,
    ...(tls.ca !== undefined && { ca: await authorities(tls.ca, "sip.tls.ca") }),
  };
}

/** The same, and whatever stands in those files later. */
export async function renewableTls(config: Pick<Config, "sip" | "trunks">, clock: Clock): Promise<Renewable<TlsSettings>> {
  return await renewable("sip.tls", clock, (tell) => tlsOf(config, clock, tell));
}

/** A certificate and its key, from the files that `setting` names. Fails with `bad_configuration` as `tlsOf` does. */
export async function readCertificate(
  files: { readonly cert: string; readonly key: string },
  setting: string,
  clock: Clock,
  tell = true,
): Promise<{ readonly cert: string; readonly key: string }> {
  const cert = await read(files.cert, `${setting}.cert`);
  const key = await read(files.key, `${setting}.key`);
  const { validTo } = checkedPair(cert, key, setting);
  const leftMs = msOf(validTo) - clock.now();
  if (tell && leftMs < SOON_MS) channels.certificate.publish({ setting, validTo, expired: leftMs <= 0 });
  return { cert, key };
}

/** When a certificate that has been read ends, in ms since the epoch. */
export const certificateEndsMs = (pem: string): number => msOf(new X509Certificate(pem).validTo);

async function authorities(path: string, what: string): Promise<string> {
  const pem = await read(path, what);
  parsed(() => new X509Certificate(pem), `${what} is no certificate in PEM.`);
  return pem;
}

async function read(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (failure) {
    const code = failure instanceof Error && "code" in failure ? String(failure.code) : "unreadable";
    throw new PiopiyError("bad_configuration", `${what}: the file ${path} cannot be read (${code}).`, { cause: failure });
  }
}

function checkedPair(cert: string, key: string, setting: string): X509Certificate {
  const certificate = parsed(() => new X509Certificate(cert), `${setting}.cert is no certificate in PEM.`);
  const privateKey = parsed(() => createPrivateKey(key), `${setting}.key is no private key in PEM without a passphrase.`);
  if (!certificate.checkPrivateKey(privateKey)) throw new PiopiyError("bad_configuration", `${setting}.key is not the key of the certificate.`);
  return certificate;
}

function parsed<T>(parse: () => T, complaint: string): T {
  try {
    return parse();
  } catch (failure) {
    throw new PiopiyError("bad_configuration", complaint, { cause: failure });
  }
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Jan  1 00:00:00 2120 GMT`, as certificates are read here, in milliseconds since the epoch. */
function msOf(time: string): number {
  const [, month = "", ...numbers] = /^(\w{3}) +(\d+) (\d+):(\d+):(\d+) (\d+) GMT$/.exec(time) ?? [];
  const [day = 0, hours = 0, minutes = 0, seconds = 0, year = 0] = numbers.map(Number);
  return daysBefore(year, MONTHS.indexOf(month), day) * 86_400_000 + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** Days since the epoch; years begin in March, so that the leap day is their last. */
function daysBefore(year: number, month: number, day: number): number {
  const shifted = (month + 10) % 12;
  const y = month < 2 ? year - 1 : year;
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + Math.floor((153 * shifted + 2) / 5) + day - 1 - 719_468;
}

import { type Check, failed, ok, warning } from "./check.ts";

const DAY_MS = 86_400_000;
const SOON_DAYS = 14;

/** What is known of a certificate file: when it ends, or why it cannot be used. */
export type CertificateFacts = { readonly setting: string } & ({ readonly endsMs: number } | { readonly why: string });

export function judgeCertificate(facts: CertificateFacts, nowMs: number): Check {
  const name = `${facts.setting} certificate`;
  if ("why" in facts) return failed(name, facts.why, "Name files in PEM that the user who runs the server may read: the certificate with its chain, and its key.");
  const days = Math.floor((facts.endsMs - nowMs) / DAY_MS);
  const figures = { days_left: days };
  const todo = "Renew it, and restart the server: it is read at the start.";
  if (days < 0) return failed(name, `It ended ${-days} days ago.`, todo, figures);
  if (days < SOON_DAYS) return warning(name, `It ends in ${days} days.`, todo, figures);
  return ok(name, `It is good for ${days} days.`, figures);
}

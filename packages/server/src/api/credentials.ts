import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { BadCredentials } from "./failures.ts";
import type { AppCredentials } from "./options.ts";

/**
 * Refuses wrong credentials in the body of a v2 request, before anything else is looked at. Missing ones are left to
 * the check of the fields, which says so by name.
 */
export function checkBodyCredentials(apps: readonly AppCredentials[], body: unknown): void {
  if (typeof body !== "object" || body === null || !("appid" in body) || !("secret" in body)) return;
  const { appid, secret } = body;
  if ((typeof appid !== "string" && typeof appid !== "number") || typeof secret !== "string" || secret === "") return;
  if (!valid(apps, String(appid), secret)) throw new BadCredentials("v2");
}

/** The appid of HTTP Basic credentials `appid:secret` (RFC 7617). Fails with `bad_credentials`. */
export function basicAppid(apps: readonly AppCredentials[], request: Pick<FastifyRequest, "headers">): string {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(request.headers.authorization ?? "")?.[1];
  const [, appid, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? "", "base64").toString("utf8")) ?? [];
  if (appid === undefined || secret === undefined || !valid(apps, appid, secret)) throw new BadCredentials("basic");
  return appid;
}

/** Takes as long for a wrong secret as for a right one, and as long for an unknown app as for a known one. */
function valid(apps: readonly AppCredentials[], appid: string, secret: string): boolean {
  const app = apps.find((candidate) => candidate.appid === appid);
  const same = timingSafeEqual(digest(secret), digest(app?.secret ?? ""));
  return same && app !== undefined;
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

import type { FastifyRequest } from "fastify";
import type { Door } from "./door.ts";
import { BadCredentials } from "./failures.ts";

/**
 * Refuses wrong credentials in the body of a v2 request, before anything else is looked at. Missing ones are left to
 * the check of the fields, which says so by name. Fails with `bad_credentials`, `rate_limited`.
 */
export function checkBodyCredentials(door: Door, { ip, body }: Pick<FastifyRequest, "ip" | "body">): void {
  if (typeof body !== "object" || body === null || !("appid" in body) || !("secret" in body)) return;
  const { appid, secret } = body;
  if ((typeof appid !== "string" && typeof appid !== "number") || typeof secret !== "string" || secret === "") return;
  if (!door.admit(ip, String(appid), secret)) throw new BadCredentials("v2");
}

/** The appid of HTTP Basic credentials `appid:secret` (RFC 7617). Fails with `bad_credentials`, `rate_limited`. */
export function basicAppid(door: Door, { ip, headers }: Pick<FastifyRequest, "ip" | "headers">): string {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(headers.authorization ?? "")?.[1];
  const [, appid, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? "", "base64").toString("utf8")) ?? [];
  if (appid === undefined || secret === undefined || !door.admit(ip, appid, secret)) throw new BadCredentials("basic");
  return appid;
}

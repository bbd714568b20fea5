import type { FastifyInstance } from "fastify";
import { PiopiyError } from "../base/index.ts";

/** Takes JSON bodies, and no others. */
export function readJson(api: FastifyInstance): void {
  api.removeAllContentTypeParsers();
  api.addContentTypeParser("application/json", { parseAs: "string" }, (_, body, done) => {
    const text = body.toString();
    try {
      const value: unknown = JSON.parse(text);
      done(null, value);
    } catch (failure) {
      done(new PiopiyError("malformed_json", complaint(text, failure)));
    }
  });
}

/** Where it breaks, and nothing of what stands there: the engine's own message quotes the body. */
function complaint(text: string, failure: unknown): string {
  if (text.trim() === "") return "The body is empty; it must be a JSON object.";
  const position = /at position (\d+)/.exec(failure instanceof Error ? failure.message : "")?.[1];
  if (position === undefined) return "The body is not JSON: it ends too early or has a character that does not belong there.";
  const before = text.slice(0, Number(position)).split("\n");
  return `The body is not JSON: line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1} has a character that does not belong there.`;
}

import { parseCallAction, type Parsed } from "@piopiy/pcmo";
import type { FastifyInstance } from "fastify";
import type { RouteOptions } from "./options.ts";
import { checkBodyCredentials } from "./credentials.ts";
import { InvalidRequest } from "./failures.ts";

export const actPaths = ["/v1/call/action", "/v1/call/global_action"] as const;

/** Call control: what is asked of a call that is up. */
export function actRoutes(api: FastifyInstance, { door, control }: RouteOptions): void {
  for (const path of actPaths) {
    api.post(path, (request, reply) => {
      checkBodyCredentials(door, request);
      const { appid, cmiuuid, ...asked } = accepted(parseCallAction(request.body));
      if (asked.action === "transfer") control.nextFlow(appid, cmiuuid, { to: asked.to, action: "transfer" });
      else control.act(appid, cmiuuid, asked.action);
      return reply.send(done(`${asked.action} accepted`));
    });
  }
}

/** The answer to what is being done. */
export const done = (message: string) => ({ code: 200, cmi_code: 200, message });

export function accepted<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new InvalidRequest(parsed.issues);
  return parsed.value;
}

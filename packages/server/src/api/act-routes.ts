import { parseCallAction } from "@piopiy/pcmo";
import type { FastifyInstance } from "fastify";
import type { ApiOptions } from "./options.ts";
import { checkBodyCredentials } from "./credentials.ts";
import { InvalidRequest } from "./failures.ts";

export const actPaths = ["/v1/call/action", "/v1/call/global_action"] as const;

/** Call control: what is asked of a call that is up. */
export function actRoutes(api: FastifyInstance, { apps, control }: ApiOptions): void {
  for (const path of actPaths) {
    api.post(path, (request, reply) => {
      checkBodyCredentials(apps, request.body);
      const parsed = parseCallAction(request.body);
      if (!parsed.ok) throw new InvalidRequest(parsed.issues);
      const { appid, cmiuuid, action } = parsed.value;
      control.act(appid, cmiuuid, action);
      return reply.send({ code: 200, cmi_code: 200, message: `${action} accepted` });
    });
  }
}

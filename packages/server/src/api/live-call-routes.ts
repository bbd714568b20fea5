import { parseDtmfRequest, parseFlowRequest, parseMuteRequest } from "@piopiy/pcmo";
import type { FastifyInstance } from "fastify";
import { accepted, done } from "./act-routes.ts";
import { basicAppid } from "./credentials.ts";
import type { RouteOptions } from "./options.ts";

interface CallParams {
  readonly id: string;
}

/** What only this server does with a call that is up. */
export function liveCallRoutes(api: FastifyInstance, { door, control }: RouteOptions): void {
  api.post<{ Params: CallParams }>("/calls/:id/flow", (request, reply) => {
    const appid = basicAppid(door, request);
    const { leg, to } = accepted(parseFlowRequest(request.body));
    control.nextFlow(appid, request.params.id, { to, action: "flow", ...(leg !== undefined && { leg }) });
    return reply.send(done("flow accepted"));
  });
  api.post<{ Params: CallParams }>("/calls/:id/dtmf", (request, reply) => {
    const appid = basicAppid(door, request);
    control.sendDigits(appid, request.params.id, accepted(parseDtmfRequest(request.body)));
    return reply.send(done("digits accepted"));
  });
  api.post<{ Params: CallParams }>("/calls/:id/mute", (request, reply) => {
    const appid = basicAppid(door, request);
    const muting = accepted(parseMuteRequest(request.body));
    control.mute(appid, request.params.id, muting);
    return reply.send(done(muting.on ? "muted" : "unmuted"));
  });
}

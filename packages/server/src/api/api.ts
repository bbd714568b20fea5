import Fastify, { type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { actRoutes } from "./act-routes.ts";
import { callRoutes } from "./call-routes.ts";
import { cdrRoutes } from "./cdr-routes.ts";
import { createDoor } from "./door.ts";
import { eventRoutes } from "./event-routes.ts";
import { handleFailures } from "./failure-replies.ts";
import { readJson } from "./json-body.ts";
import { liveCallRoutes } from "./live-call-routes.ts";
import { makeCallRoutes } from "./make-call-routes.ts";
import { createMetrics } from "./metrics.ts";
import { createHttpServer, DEFAULT_TIMES, protect } from "./http-server.ts";
import type { ApiOptions, RouteOptions } from "./options.ts";
import { recordingRoutes } from "./recording-routes.ts";
import { systemRoutes } from "./system-routes.ts";

const BODY_LIMIT_BYTES = 1_048_576;

/** The HTTP API; the caller lets it `listen` and closes it. */
export function createApi(options: ApiOptions): FastifyInstance {
  const { ids, clock, http = {} } = options;
  const { bodyBytes = BODY_LIMIT_BYTES, times = DEFAULT_TIMES, certificate, renewals, proxies, rate, connectionsPerAddress } = http;
  const api = Fastify({
    logger: false,
    bodyLimit: bodyBytes,
    serverFactory: (listener) => createHttpServer(listener, times, certificate && { ...certificate, renewals }, connectionsPerAddress),
    ...(proxies && { trustProxy: [...proxies] }),
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    requestIdHeader: false,
    // A client's own id is kept when it is one, so that both logs speak of the same request.
    genReqId: ({ headers }) => {
      const own = headers["x-request-id"];
      return typeof own === "string" && /^[A-Za-z0-9._-]{1,64}$/.test(own) ? own : ids.uuid();
    },
  });
  const door = createDoor(options.apps, clock, rate);
  readJson(api);
  handleFailures(api, bodyBytes, options.logger);
  api.addHook("onRequest", (request, reply, done) => {
    void reply.header("x-request-id", request.id);
    protect(reply, certificate !== undefined);
    door.knock(request.ip);
    done();
  });
  if (options.logger) logRequests(api, options.logger);
  addRoutes(api, { ...options, door });
  return api;
}

function addRoutes(api: FastifyInstance, options: RouteOptions): void {
  const metrics = createMetrics(options);
  api.addHook("onClose", (_, done) => {
    metrics.clear();
    done();
  });
  makeCallRoutes(api, options);
  actRoutes(api, options);
  liveCallRoutes(api, options);
  callRoutes(api, options);
  cdrRoutes(api, options);
  eventRoutes(api, options);
  recordingRoutes(api, options);
  systemRoutes(api, { ...options, metrics, startedMs: options.clock.monotonicMs() });
}

function logRequests(api: FastifyInstance, logger: Logger): void {
  api.addHook("onResponse", (request, reply, done) => {
    // The route and not the address: that may hold the id of a call, or what somebody typed.
    const { method, routeOptions, id } = request;
    logger.info({ request: id, method, route: routeOptions.url ?? "unknown", status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, "request");
    done();
  });
}

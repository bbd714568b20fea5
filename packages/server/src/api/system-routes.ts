import type { FastifyInstance } from "fastify";
import type { ApiOptions } from "./options.ts";
import type { Metrics } from "./metrics.ts";
import { openApiDocument } from "./openapi.ts";

interface SystemOptions extends ApiOptions {
  readonly metrics: Metrics;
  readonly startedMs: number;
}

/** How the server is, and what it can do. */
export function systemRoutes(api: FastifyInstance, { control, clock, version, metrics, startedMs }: SystemOptions): void {
  let document: Readonly<Record<string, unknown>> | undefined;
  api.get("/health", (_, reply) => {
    const { calls, draining } = control.statistics();
    // A balancer shall send nothing more to a server that ends its calls.
    if (draining) void reply.code(503).header("retry-after", 5);
    return reply.send({
      status: draining ? "draining" : "ok", version, uptime_seconds: Math.floor((clock.monotonicMs() - startedMs) / 1000), calls,
    });
  });
  // Alive as long as it answers: who restarts what is dead must not restart a server that ends its calls.
  api.get("/health/live", (_, reply) => reply.send({ status: "live", version, uptime_seconds: Math.floor((clock.monotonicMs() - startedMs) / 1000) }));
  api.get("/metrics", async (_, reply) => reply.type(metrics.contentType).send(await metrics.render()));
  api.get("/openapi.json", (_, reply) => reply.send((document ??= openApiDocument(version))));
}

import { check } from "@piopiy/pcmo";
import type { FastifyInstance, FastifyRequest } from "fastify";
import * as v from "valibot";
import { listEvents } from "../store/index.ts";
import { done } from "./act-routes.ts";
import { basicAppid } from "./credentials.ts";
import { eventView } from "./event-views.ts";
import { InvalidRequest } from "./failures.ts";
import { pageLimit } from "./page-schema.ts";
import type { RouteOptions } from "./options.ts";

const cursorMessage = "must be a cursor: `next` of the page before";
const PageSchema = v.object({
  after: v.optional(v.pipe(v.string(cursorMessage), v.regex(/^\d{1,15}$/, cursorMessage), v.transform(Number)), "0"),
  limit: pageLimit("100"),
});

/** What was told and what is to be told: for who has missed something. */
export function eventRoutes(api: FastifyInstance, options: RouteOptions): void {
  api.get("/events", (request) => page(options, request));
  api.post<{ Params: { readonly id: string } }>("/events/:id/resend", (request) => resend(options, request, request.params.id));
}

async function page({ door, store }: RouteOptions, request: Pick<FastifyRequest, "ip" | "headers" | "query">) {
  const appid = basicAppid(door, request);
  const asked = check(PageSchema, request.query);
  if (!asked.ok) throw new InvalidRequest(asked.issues);
  await store.flush();
  const { events, next, more } = await listEvents(store.db, appid, asked.value);
  return { events: events.map(eventView), next, more };
}

async function resend({ door, control }: RouteOptions, request: Pick<FastifyRequest, "ip" | "headers">, id: string) {
  const appid = basicAppid(door, request);
  await control.resend(appid, id);
  return done("resend accepted");
}

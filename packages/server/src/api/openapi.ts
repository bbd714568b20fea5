import { jsonSchemas } from "@piopiy/pcmo/json-schema";
import { actPaths } from "./act-routes.ts";
import { cdrPaths } from "./cdr-routes.ts";
import { answerUrlCallPaths, makeCallPaths } from "./make-call-routes.ts";
import { answerSchemas } from "./openapi-schemas.ts";

type Json = Readonly<Record<string, unknown>>;

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string, description: string): Json => ({ description, content: { "application/json": { schema: ref(name) } } });
const refusal = (description: string): Json => json("ErrorResponse", description);
const body = (name: string): Json => ({ required: true, content: { "application/json": { schema: ref(name) } } });
const inPath = (name: string, description: string): Json => ({ name, in: "path", required: true, description, schema: { type: "string" } });
const inQuery = (name: string, description: string, schema: Json): Json => ({ name, in: "query", description, schema });

const bodyRefusals = {
  400: refusal("The body is not JSON"),
  401: refusal("Wrong appid or secret; `code` in the body is 420"),
  413: refusal("The body is larger than the server takes"),
  415: refusal("The body is of another type than application/json"),
  422: refusal("A field is missing or wrong, or an action is not performed here; `errors` points at it"),
};
const unauthorized = { 401: refusal("HTTP Basic credentials `appid:secret` are missing or wrong") };
const notAnswered = refusal("The leg is not up yet");
const basic = { security: [{ basic: [] }] };

/** The document of everything the API does: OpenAPI 3.1, from the schemas that requests are checked with. */
export function openApiDocument(version: string): Json {
  return {
    openapi: "3.1.0",
    info: { title: "Piopiy server", version, license: { name: "MIT", identifier: "MIT" } },
    paths: { ...makeCallPathItems(), ...actPathItems(), ...liveCallPathItems(), ...readPathItems(), ...eventPathItems(), ...systemPathItems() },
    components: {
      schemas: { ...jsonSchemas(), ...answerSchemas },
      securitySchemes: { basic: { type: "http", scheme: "basic", description: "The appid as user, the secret as password" } },
    },
  };
}

function makeCallPathItems(): Json {
  const key = {
    name: "Idempotency-Key", in: "header", schema: { type: "string", minLength: 1, maxLength: 255 },
    description: "The same key and body within 24 hours get the first answer and place no second call",
  };
  const responses = {
    200: json("MakeCallResponse", "The call is taken down and will be dialled; what becomes of it is told by webhook and by GET /calls/{id}"),
    ...bodyRefusals,
    403: refusal("The configuration does not let this number be called; `errors` says what would"),
    429: refusal("More calls, requests or minutes than the app may have, or than the server takes; `Retry-After` says when to try again"),
    503: refusal("The trunk takes no more calls, or the server is shutting down"),
  };
  const item = (path: string, summary: string, schema: string) => ({
    post: { summary, operationId: path.slice(1).replace("/", "_"), parameters: [key], requestBody: body(schema), responses },
  });
  const flow = makeCallPaths.map((path) => [path, item(path, "Place a call and perform PCMO on it", "MakeCallRequest")]);
  const asked = answerUrlCallPaths.map((path) => [path, item(path, "Place a call and perform what its answer URL says", "AnswerUrlCallRequest")]);
  return Object.fromEntries([...flow, ...asked]);
}

function actPathItems(): Json {
  const responses = { 200: json("CallAccepted", "It is being done"), ...bodyRefusals, 404: refusal("There is no such call, or it has ended"), 409: notAnswered };
  const item = (path: string) => ({
    post: { summary: "Act on a call that is up", operationId: path.slice(9), requestBody: body("CallActionRequest"), responses },
  });
  return Object.fromEntries(actPaths.map((path) => [path, item(path)]));
}

function liveCallPathItems(): Json {
  const { 401: _, ...refusals } = bodyRefusals;
  const responses = {
    200: json("CallAccepted", "It is being done"),
    ...refusals,
    ...unauthorized,
    404: refusal("There is no such call or leg, or it has ended"),
    409: notAnswered,
  };
  const parameters = [inPath("id", "The id of a call, of its request or of one of its legs")];
  const item = (summary: string, operationId: string, schema: string) => ({
    post: { summary, operationId, ...basic, parameters, requestBody: body(schema), responses },
  });
  return {
    "/calls/{id}/flow": item("Perform another flow in place of the one that runs", "replaceFlow", "FlowRequest"),
    "/calls/{id}/dtmf": item("Press keys towards a leg", "sendDigits", "DtmfRequest"),
    "/calls/{id}/mute": item("Let nobody hear what a leg says, or everybody again", "muteLeg", "MuteRequest"),
  };
}

function readPathItems(): Json {
  const missing = (what: string) => ({ ...unauthorized, 404: refusal(`There is no such ${what} of this app`) });
  const audio = (type: string) => ({ [type]: { schema: { type: "string", contentMediaType: type } } });
  const recording = { description: "The recording", content: { ...audio("audio/wav"), ...audio("audio/mpeg") } };
  const page = [
    inQuery("limit", "How many", { type: "integer", minimum: 1, maximum: 100, default: 20 }),
    inQuery("before", "Only calls older than the call with this id: `next` of the page before", { type: "string" }),
    inQuery("status", "Only calls in this state", { enum: ["queued", "dialling", "ringing", "answered", "ended"] }),
    inQuery("direction", "Only calls in this direction", { enum: ["inbound", "outbound"] }),
    inQuery("from", "Only calls from this number or user name", { type: "string" }),
    inQuery("to", "Only calls to this number or user name", { type: "string" }),
    inQuery("request_id", "Only the call of this request", { type: "string" }),
    inQuery("since_ms", "Only calls made at this moment or later (milliseconds since 1970)", { type: "integer" }),
    inQuery("until_ms", "Only calls made before this moment", { type: "integer" }),
  ];
  const digits = inQuery("digits", "1 shows the digits that were pressed", { enum: ["0", "1"], default: "0" });
  const deleted = { 200: json("CallAccepted", "It is deleted"), 409: refusal("The call has not ended, or a webhook of it waits to be delivered") };
  const wrong = { 422: refusal("A parameter is wrong") };
  return {
    "/calls": { get: { summary: "Calls, newest first", operationId: "listCalls", ...basic, parameters: page, responses: { 200: json("CallPage", "A page"), ...unauthorized, ...wrong } } },
    "/calls/{id}": {
      get: {
        summary: "A call with its legs, actions, timeline, recordings and webhooks", operationId: "getCall", ...basic,
        parameters: [inPath("id", "The id of a call, of its request or of one of its legs"), digits],
        responses: { 200: json("CallDetail", "The call"), ...missing("call"), ...wrong },
      },
      delete: {
        summary: "Delete a call that has ended, with its legs, timeline, events and recordings", operationId: "deleteCall", ...basic,
        parameters: [inPath("id", "The id of a call, of its request or of one of its legs")],
        responses: { ...deleted, ...missing("call") },
      },
    },
    "/recordings/{id}": {
      get: {
        summary: "The audio of a recording", operationId: "getRecording", ...basic,
        parameters: [inPath("id", "The id of a recording"), { name: "Range", in: "header", schema: { type: "string" }, description: "One range of bytes" }],
        responses: { 200: recording, 206: { ...recording, description: "A part of it" }, ...missing("recording"), 416: { description: "The range lies outside of the file" } },
      },
      delete: {
        summary: "Delete a recording and its file", operationId: "deleteRecording", ...basic, parameters: [inPath("id", "The id of a recording")],
        responses: { ...deleted, ...missing("recording") },
      },
    },
  };
}

function eventPathItems(): Json {
  const { 401: _, ...refusals } = bodyRefusals;
  const missing = { ...unauthorized, 404: refusal("There is no such event of this app, or no address to send it to") };
  const page = [
    inQuery("after", "Only events behind this cursor: `next` of the page before", { type: "integer", default: 0 }),
    inQuery("limit", "How many", { type: "integer", minimum: 1, maximum: 100, default: 100 }),
  ];
  const cdr = (path: string, summary: string, schema: string) => ({
    post: {
      summary, operationId: path.slice("/v1/piopiy/".length), requestBody: body(`${schema}Request`),
      responses: { 200: json(schema, "The record"), ...refusals, 401: bodyRefusals[401], 404: refusal("There is no such leg or request, or it has not ended") },
    },
  });
  const [leg, request] = cdrPaths;
  return {
    "/events": {
      get: {
        summary: "Everything that was told or is to be told, in order: for who has missed something", operationId: "listEvents", ...basic, parameters: page,
        responses: { 200: json("EventPage", "A page"), ...unauthorized, 422: refusal("A parameter is wrong") },
      },
    },
    "/events/{id}/resend": {
      post: {
        summary: "Send an event once more", operationId: "resendEvent", ...basic, parameters: [inPath("id", "The `event_id`")],
        responses: { 200: json("CallAccepted", "It is being sent"), ...missing },
      },
    },
    [leg]: cdr(leg, "The record of one leg", "LegCdr"),
    [request]: cdr(request, "The records of a request's legs", "RequestCdrs"),
  };
}

function systemPathItems(): Json {
  const plain = { description: "Prometheus text", content: { "text/plain": { schema: { type: "string" } } } };
  return {
    "/health": {
      get: {
        summary: "Whether the server takes calls", operationId: "getHealth",
        responses: { 200: json("Health", "It does"), 503: json("Health", "It is shutting down") },
      },
    },
    "/health/live": { get: { summary: "Whether the process lives", operationId: "getLive", responses: { 200: json("Live", "It does, even while it shuts down") } } },
    "/metrics": { get: { summary: "Figures for Prometheus", operationId: "getMetrics", responses: { 200: plain } } },
    "/openapi.json": {
      get: {
        summary: "This document", operationId: "getOpenApi",
        responses: { 200: { description: "OpenAPI 3.1", content: { "application/json": { schema: { type: "object" } } } } },
      },
    },
  };
}

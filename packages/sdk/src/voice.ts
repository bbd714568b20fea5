import type { ActionInput } from "@piopiy/pcmo";
import { Action } from "./action.ts";
import {
  callRequest, checkRequestOptions, transferBody, type CallArguments, type CallOptions, type CallTarget, type RequestOptions, type TransferTarget,
} from "./wire/call.ts";
import type { Dialable, PhoneNumber } from "./wire/parties.ts";
import { PiopiyValidationError } from "./errors.ts";
import { callResponse, controlResponse, type CallResponse, type ControlResponse } from "./responses.ts";
import { send, type Transport } from "./http/send.ts";
import type { Region } from "./options.ts";

/** What a client proves itself with; both stand in the body of every request. */
export interface Credentials {
  readonly appid: number;
  readonly secret: string;
}

/** Makes calls and acts on them. Made by `RestClient`, which has it as `voice`. */
export class Voice {
  readonly #transport: Transport;
  readonly #credentials: Credentials;

  constructor(transport: Transport, credentials: Credentials) {
    this.#transport = transport;
    this.#credentials = credentials;
  }

  /**
   * Calls `to`, showing `from` as the caller id, and then connects it to `target` (a number or a list of numbers) or
   * performs `target` (a PCMO or an `Action`). Resolves when the server has taken the call, before anything rings;
   * what becomes of it arrives by webhook.
   *
   * Rejects with a PiopiyError: validation (nothing was sent), authentication, rate limit, server, connection,
   * timeout, aborted. It is retried only where that cannot dial twice.
   */
  call(to: Dialable, from: PhoneNumber, target: CallTarget, options?: CallOptions): Promise<CallResponse>;
  /**
   * Calls `first`, performs `pcmo`, and then connects to `second`, unless the last action of `pcmo` is a bridge, a
   * connect or a hangup already.
   */
  call(
    first: Dialable,
    from: PhoneNumber,
    second: Dialable | readonly Dialable[],
    pcmo: readonly ActionInput[] | Action,
    options?: CallOptions,
  ): Promise<CallResponse>;
  async call(
    to: Dialable,
    from: PhoneNumber,
    target: CallTarget,
    fourth?: CallOptions | readonly ActionInput[] | Action,
    fifth?: CallOptions,
  ): Promise<CallResponse> {
    const fiveArguments = fourth instanceof Action || isList(fourth);
    if (!fiveArguments && fifth !== undefined) {
      throw new PiopiyValidationError("pcmo", "pcmo must be a list of actions or an Action when options follow it.");
    }
    const given: CallArguments = fiveArguments
      ? { to, from, target, pcmo: fourth, options: fifth }
      : { to, from, target, options: fourth };
    return this.#create(given);
  }

  /** Ends the call whose leg has the id `cmiuuid`. Rejects with PiopiyNotFoundError when there is no such call (any more). */
  hangup(cmiuuid: string, options?: RequestOptions): Promise<ControlResponse> {
    return this.#act("hangup", cmiuuid, options);
  }

  /** Puts the call on hold. */
  hold(cmiuuid: string, options?: RequestOptions): Promise<ControlResponse> {
    return this.#act("hold", cmiuuid, options);
  }

  /** Takes the call off hold. */
  unhold(cmiuuid: string, options?: RequestOptions): Promise<ControlResponse> {
    return this.#act("unhold", cmiuuid, options);
  }

  /** Puts the call on hold, or takes it off when it is. */
  toggle(cmiuuid: string, options?: RequestOptions): Promise<ControlResponse> {
    return this.#act("holdToggle", cmiuuid, options);
  }

  /**
   * Lets the call go on with another flow: `{ pcmo }`, a PCMO or an `Action`, or `{ url }`, an address that is asked for
   * one as an answer URL is. What the call was doing ends: a prompt, the collecting of digits, a bridge (its other
   * party is hung up). By the id of a party that a bridge has called, only that party goes on with the flow, and
   * the first one with what follows the bridge. `{ pcmo }` is an extension of self-hosted servers.
   */
  async transfer(cmiuuid: string, to: TransferTarget, options?: RequestOptions): Promise<ControlResponse> {
    return await this.#act("transfer", cmiuuid, options, transferBody(to));
  }

  async #create(given: CallArguments): Promise<CallResponse> {
    const { config, ids } = this.#transport;
    const { body, region, warnings } = callRequest(given);
    if (warnings.length > 0) config.logger?.warn("piopiy: the PCMO has parts that a server may ignore", { warnings });
    const { options } = given;
    const reply = await send(this.#transport, {
      url: this.#url("https://rest.telecmi.com", `/v2/${options?.region ?? config.region ?? region}_pcmo_make_call`),
      body: { ...this.#credentials, ...body },
      idempotencyKey: options?.idempotencyKey ?? ids.uuid(),
      repeatable: false,
      signal: options?.signal,
      secrets: [this.#credentials.secret],
    });
    return callResponse(reply);
  }

  async #act(
    action: "hangup" | "hold" | "unhold" | "holdToggle" | "transfer",
    cmiuuid: string,
    options: RequestOptions = {},
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<ControlResponse> {
    checkRequestOptions(options, ["signal", "region"]);
    if (typeof cmiuuid !== "string" || !/^[\w-]{1,128}$/.test(cmiuuid)) {
      throw new PiopiyValidationError("cmiuuid", "cmiuuid must be the id of a call's leg, as text; webhooks carry it.");
    }
    const region: Region = options.region ?? this.#transport.config.region ?? "ind";
    const reply = await send(this.#transport, {
      url: this.#url("https://piopiy.telecmi.com", region === "global" ? "/v1/call/global_action" : "/v1/call/action"),
      body: { ...this.#credentials, cmiuuid, action, ...more },
      // Ending or holding a call twice is the same as once; toggling it twice, or beginning a flow twice, is not.
      repeatable: action !== "holdToggle" && action !== "transfer",
      signal: options.signal,
      secrets: [this.#credentials.secret],
    });
    return controlResponse(reply);
  }

  #url(hosted: string, path: string): string {
    return `${this.#transport.config.baseUrl ?? hosted}${path}`;
  }
}

function isList(value: unknown): value is readonly ActionInput[] {
  return Array.isArray(value);
}

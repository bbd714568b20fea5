import { systemClock } from "./base/clock.ts";
import { randomIds } from "./base/ids.ts";
import type { RequestOptions } from "./wire/call.ts";
import { appId } from "./wire/parties.ts";
import { PiopiyValidationError } from "./errors.ts";
import { Calls } from "./calls.ts";
import { Events } from "./events.ts";
import { configure, type RestClientOptions } from "./options.ts";
import type { ControlResponse } from "./responses.ts";
import { Voice } from "./voice.ts";

/**
 * The entry to the API: `new RestClient(appid, token)`, then `client.voice.call(…)`.
 *
 * Speaks to the hosted service, or to a self-hosted server given by `options.baseUrl` or `PIOPIY_BASE_URL`.
 * Throws a PiopiyValidationError when an argument is wrong. A client holds no connection and needs no closing.
 */
export class RestClient {
  /** Makes calls and acts on them. */
  readonly voice: Voice;
  /** What became of calls, on a server of your own. */
  readonly calls: Calls;
  /** What was told about calls, on a server of your own. */
  readonly events: Events;

  /**
   * @param appid the app's id, a number or its digits
   * @param token the app's secret token
   */
  constructor(appid: number | string, token: string, options: RestClientOptions = {}) {
    if (token === undefined) {
      throw new PiopiyValidationError(
        "token",
        "A client needs two arguments, new RestClient(appid, token). The v3 API, with a token alone, is not available in this version.",
      );
    }
    if (typeof token !== "string" || token === "") throw new PiopiyValidationError("token", "token must be the app's token, as text.");
    const credentials = { appid: appId(appid), secret: token };
    const config = configure(options);
    const transport = { config, clock: systemClock, ids: randomIds, honoursIdempotency: config.idempotent };
    this.voice = new Voice(transport, credentials);
    this.calls = new Calls(transport, credentials);
    this.events = new Events(transport, credentials);
  }

  /** See `voice.hangup`. */
  hangup(cmiuuid: string, options?: RequestOptions): Promise<ControlResponse> {
    return this.voice.hangup(cmiuuid, options);
  }

  /** See `voice.hold`. */
  hold(cmiuuid: string, options?: RequestOptions): Promise<ControlResponse> {
    return this.voice.hold(cmiuuid, options);
  }

  /** See `voice.unhold`. */
  unhold(cmiuuid: string, options?: RequestOptions): Promise<ControlResponse> {
    return this.voice.unhold(cmiuuid, options);
  }

  /** See `voice.toggle`. */
  toggle(cmiuuid: string, options?: RequestOptions): Promise<ControlResponse> {
    return this.voice.toggle(cmiuuid, options);
  }
}

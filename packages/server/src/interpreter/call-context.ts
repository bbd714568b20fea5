/** What a flow knows about the call it runs in. */
export interface CallContext {
  readonly callId: string;
  /** The answer to the API request that placed the call; absent on inbound calls. */
  readonly requestId?: string;
  readonly appid: string;
  /** The caller's number or user name. */
  readonly from: string;
  /** The called number or user name. */
  readonly to: string;
  readonly direction: "inbound" | "outbound";
  /** What callbacks carry as `extra_params`: JSON text of what the API caller sent, until `param` replaces it. */
  readonly extraParams?: string;
}

export type { Answering } from "./answering.ts";
export { CallNotAnswered } from "./call-not-answered.ts";
export type { Heard } from "./heard.ts";
export { createPhone, type Phone, type PhoneCallOptions, type PhoneEvents } from "./phone.ts";
export type { PhoneCall } from "./phone-call.ts";
export type { PhoneOptions } from "./phone-options.ts";

export { createIdentity, type DtlsIdentity } from "./certificate.ts";
export type { DtlsFailure } from "./channel.ts";
export { createEndpoint, type DtlsAddress, type DtlsEndpoint, type DtlsPeer, type DtlsResult, type EndpointOptions } from "./endpoint.ts";
export { fingerprintOf, type Fingerprint } from "./fingerprint.ts";

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needs, startProgram, type Cleanup } from "./running-program.ts";

/** Files with a certificate, its private key, and the authority that vouches for it: itself. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** A certificate made out to an address, good for two days. */
export async function makeCertificate(cleanup: Cleanup, address: string): Promise<CertificateFiles> {
  needs("openssl", "openssl");
  const folder = await mkdtemp(join(tmpdir(), "piopiy-certificate-"));
  cleanup(() => rm(folder, { recursive: true }));
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const names = ["-subj", `/CN=${address}`, "-addext", `subjectAltName=IP:${address}`];
  const openssl = startProgram(cleanup, "openssl", ["req", ...kind, ...names, "-keyout", key, "-out", cert]);
  if (await openssl.exit() !== 0) throw new Error(`openssl made no certificate:\n${openssl.output()}`);
  return { cert, key, ca: cert };
}

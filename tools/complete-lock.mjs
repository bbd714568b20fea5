// Completes package-lock.json with the optional platform packages that a registry mirror did not have when the lock
// was written: `npm ci` wants every one of them named, and other platforms want theirs. Run it after `npm install`.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const file = join(import.meta.dirname, "..", "package-lock.json");
const lock = JSON.parse(await readFile(file, "utf8"));
const there = new Set(Object.keys(lock.packages));
const libcs = { gnu: "glibc", musl: "musl" };
let added = 0;

for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (there.has(`node_modules/${name}`) || there.has(`${path}/node_modules/${name}`)) continue;
    // For example `@oxlint/binding-linux-arm64-musl`: system, processor, C library.
    const [, os, cpu, abi] = /(android|darwin|freebsd|linux|openharmony|win32|wasm32)-(\w+?)(?:-(\w+))?$/.exec(name) ?? [];
    if (!os) throw new Error(`no platform in the name of ${name}`);
    const platform = os === "wasm32" ? { cpu: ["wasm32"] } : { cpu: [cpu], os: [os] };
    const libc = os === "linux" && libcs[abi] ? { libc: [libcs[abi]] } : {};
    lock.packages[`node_modules/${name}`] = { version, ...platform, ...libc, ...(dev && { dev }), optional: true };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
await writeFile(file, `${JSON.stringify(lock, undefined, 2)}\n`);
console.log(`${added} platform packages added`);

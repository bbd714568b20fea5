// Builds the packet pump where there is a C compiler and Node's headers. Without it the server uses Node's own sockets:
// so nothing here ever fails an installation, downloads anything, or says more than a line.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const version = process.versions.node;

/** Where headers lie: those that came with this Node, those npm was told of, those node-gyp has fetched for others. */
function includeFolder() {
  const { env, execPath } = process;
  const cache = env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const roots = [join(dirname(execPath), ".."), env.npm_config_nodedir, env.npm_config_devdir && join(env.npm_config_devdir, version), join(cache, "node-gyp", version)];
  const folders = roots.filter(Boolean).map((root) => join(root, "include", "node"));
  return folders.find((folder) => existsSync(join(folder, "node_api.h")) && existsSync(join(folder, "uv.h")));
}

function compile(include, output) {
  const [command, ...more] = (process.env.CC || "cc").split(" ");
  // Symbols are bound at once: one that is missing makes the file unloadable, instead of ending the process later.
  const flags = ["-std=gnu11", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-Wl,-z,relro,-z,now"];
  return spawnSync(command, [...more, ...flags, `-I${include}`, "-o", output, join(here, "pump.c")], { encoding: "utf8", timeout: 60_000 });
}

function build() {
  const folder = join(here, "build");
  const built = join(folder, "pump.node");
  rmSync(built, { force: true });
  if (process.platform !== "linux") return "this system is not Linux";
  const include = includeFolder();
  if (!include) return "Node's headers are not here";
  mkdirSync(folder, { recursive: true });
  // A name of its own, then renamed: a server that starts meanwhile loads a whole file or none.
  const fresh = join(folder, `pump-${process.pid}.node`);
  const { error, status, stderr } = compile(include, fresh);
  if (status === 0) {
    renameSync(fresh, built);
    return undefined;
  }
  rmSync(fresh, { force: true });
  return error ? "there is no C compiler" : (stderr ?? "").split("\n").find((line) => line.includes("error")) || "it does not compile";
}

let reason;
try {
  reason = build();
} catch (failure) {
  reason = String(failure);
}
console.log(reason ? `packet pump: not built (${reason}); Node's own sockets are used` : "packet pump: built");

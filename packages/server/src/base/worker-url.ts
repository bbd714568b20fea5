/**
 * The address of a worker's compiled entry file beside the calling module: `workerUrl(import.meta.url, "worker")`.
 * Threads need JavaScript: when the caller itself runs from source (in tests), the built twin is taken.
 */
export function workerUrl(moduleUrl: string, name: string): URL {
  const built = moduleUrl.replace("/packages/server/src/", "/packages/server/dist/");
  return new URL(`./${name}.js`, built);
}

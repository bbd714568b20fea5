import { rm, stat, statfs } from "node:fs/promises";

/** The files of recordings, for who deletes them; `folder` lies on their disk. */
export function recordingDisk(folder: string) {
  return {
    remove: (file: string) => rm(file, { force: true }),
    bytesOf: async (file: string) => (await stat(file).catch(() => undefined))?.size ?? 0,
    async freeBytes() {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
  };
}

import { channels } from "../base/index.ts";

/** A listener that throws must not keep the media plane from its next packet. */
export function guarded(work: () => void): void {
  try {
    work();
  } catch (failure) {
    channels.failure.publish({ layer: "media", failure });
  }
}

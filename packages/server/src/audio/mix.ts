/**
 * Adds `samples` to `target` from `offset` on, in place. Sums beyond 16 bit stay at the limit: a clipped peak is heard
 * as loud, a wrapped one as a crack. What would not fit into `target` is left out.
 */
export function mixInto(target: Int16Array, samples: Int16Array, offset = 0): Int16Array {
  const count = Math.min(samples.length, target.length - offset);
  for (let index = 0; index < count; index++) {
    const sum = (target[offset + index] ?? 0) + (samples[index] ?? 0);
    target[offset + index] = sum > 32_767 ? 32_767 : sum < -32_768 ? -32_768 : sum;
  }
  return target;
}

/** The sum of all parts, as long as the longest of them. */
export function mix(...parts: readonly Int16Array[]): Int16Array {
  const sum = new Int16Array(Math.max(0, ...parts.map((part) => part.length)));
  for (const part of parts) mixInto(sum, part);
  return sum;
}

/** Two channels sample by sample: left, right, left, right. The shorter one is filled with silence. */
export function interleave(left: Int16Array, right: Int16Array): Int16Array {
  const frames = Math.max(left.length, right.length);
  const both = new Int16Array(frames * 2);
  for (let frame = 0; frame < frames; frame++) {
    both[frame * 2] = left[frame] ?? 0;
    both[frame * 2 + 1] = right[frame] ?? 0;
  }
  return both;
}

/** The mean of what is pushed; undefined before that. */
export interface Mean {
  push(value: number): void;
  readonly value: number | undefined;
}

export function createMean(): Mean {
  let sum = 0;
  let count = 0;
  // No getter: an object that is made with one takes several times the memory, and each session has three.
  const mean: Mean & { value: number | undefined } = {
    value: undefined,
    push(value) {
      sum += value;
      count += 1;
      mean.value = sum / count;
    },
  };
  return mean;
}

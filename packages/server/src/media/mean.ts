/** The mean of what is pushed; undefined before that. */
export interface Mean {
  push(value: number): void;
  readonly value: number | undefined;
}

export function createMean(): Mean {
  let sum = 0;
  let count = 0;
  return {
    push(value) {
      sum += value;
      count += 1;
    },
    get value() {
      return count === 0 ? undefined : sum / count;
    },
  };
}

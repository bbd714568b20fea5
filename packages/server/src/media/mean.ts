/** The mean of what is pushed; undefined before that. */
export interface Mean {
  push(value: number): void;
  readonly value: number | undefined;
}

export const createMean = (): Mean => new RunningMean();

class RunningMean implements Mean {
  value: number | undefined;
  #sum = 0;
  #count = 0;

  push(value: number): void {
    this.#sum += value;
    this.#count += 1;
    this.value = this.#sum / this.#count;
  }
}

/** Every sound of the demo has a frequency of its own, in Hz, so that what is heard says where it comes from. */
export const tones = { chime: 1000, prompt: 620, alice: 440, bob: 880, aliceAgain: 550, bobAgain: 770, carol: 690 } as const;

export const allTones: readonly number[] = Object.values(tones);

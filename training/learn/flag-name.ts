/** Flags whose name is shorter than the option's. */
const SHORT: Record<string, string> = { imagesPerBatch: "batch", captionsPerImage: "captions" };

/** The flag of `showtell train` that sets an option of a training. */
export function flagName(option: string): string {
  return SHORT[option] ?? option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

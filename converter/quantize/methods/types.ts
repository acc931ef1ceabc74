/** Bins that the magnitudes of a tensor are counted in, from zero to the largest one seen. */
export const BINS = 2048;

/** How a tensor's range is chosen from what it was seen to hold. */
export interface CalibrationMethod {
  name: string;
  /** A few words for a list of methods. */
  about: string;
  /** What stands behind the colon in `NAME:NUMBER`, where the method takes a number. */
  parameter?: { from: number; to: number; default: number };
  /**
   * Where the range ends: so many bins from zero, on either side; what lies beyond is cut off. A method without it takes
   * the whole range, and nothing is counted.
   * @param magnitudes how many numbers lie in each of the BINS; zeros, which any range holds exactly, are left out
   * @param levels that stand for the magnitudes of one sign
   */
  end?(magnitudes: Float64Array, levels: number, parameter: number): number;
}

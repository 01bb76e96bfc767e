/** How well two samples of some hundreds can be told apart. */

/**
 * Area under the ROC curve of a threshold: how probable it is that one of `values` is larger than one of `reference`, where
 * equal ones count half. 0.5: no threshold does better than a coin; 0 or 1: one never errs. NaN where one is empty.
 */
export function areaUnderCurve(values: readonly number[], reference: readonly number[]): number {
  let larger = 0;
  for (const value of values) {
    for (const other of reference) larger += value > other ? 1 : value === other ? 0.5 : 0;
  }
  return larger / (values.length * reference.length);
}

/** Largest distance between the two distributions (Kolmogorov and Smirnov), from 0 to 1. NaN where one is empty. */
export function largestDistance(values: readonly number[], reference: readonly number[]): number {
  const share = (sample: readonly number[], at: number) =>
    sample.filter(one => one <= at).length / sample.length;
  const distances = [...values, ...reference].map(at => Math.abs(share(values, at) - share(reference, at)));
  return distances.length === 0 ? Number.NaN : Math.max(...distances);
}

import type fc from 'fast-check';

/** Values of fields that are encoded by hand (`custom` in the specification), by their codec, as decode gives them. */
export const customArbitraries: Record<string, fc.Arbitrary<unknown>> = {};

/** Names that a prober asks for. */
export const NAMES = ['visited', 'another', 'unvisited', 'revoked', 'unknown'] as const;
export type NameKind = (typeof NAMES)[number];

/** What all others are told from. */
export const REFERENCE = 'visited' satisfies NameKind;

/** By what a name is told from another. */
export const CUES = {
  first: 'first visit',
  again: 'second visit',
  median: 'median of later visits',
  judged: 'answer to the certificate',
} as const;
export type Cue = keyof typeof CUES;

/** One candidate of a `srcset`: where its URL stands in the text. */
interface Candidate {
  readonly start: number;
  readonly end: number;
}

/** Replaces the URLs of a `srcset` (HTML, "parsing a srcset attribute"), and nothing else of it. */
export function rewriteSrcset(text: string, rewrite: (url: string) => string): string {
  let out = '';
  let at = 0;
  for (const { start, end } of candidates(text)) {
    out += text.slice(at, start) + rewrite(text.slice(start, end));
    at = end;
  }
  return out + text.slice(at);
}

function* candidates(text: string): Generator<Candidate> {
  let at = 0;
  while (at < text.length) {
    while (at < text.length && (isSpace(text[at]!) || text[at] === ',')) at++;
    const start = at;
    while (at < text.length && !isSpace(text[at]!)) at++;
    let end = at;
    while (end > start && text[end - 1] === ',') end--;
    if (end > start) yield { start, end };
    // Commas at the end of the URL end the candidate; else its descriptors follow.
    if (end === at) at = afterDescriptors(text, at);
  }
}

function afterDescriptors(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === '(') depth = 1;
    else if (character === ')') depth = 0;
    else if (character === ',' && depth === 0) return at + 1;
  }
  return text.length;
}

function isSpace(character: string): boolean {
  return /[\t\n\f\r ]/.test(character);
}

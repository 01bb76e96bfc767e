/** Version negotiation (OpenFlow 1.3.5 sections 6.3.1 and 7.5.1). */
import type { Hello } from './generated/types.js';

/** A HELLO that offers `versions`, each 1 to 31. */
export function helloFor(versions: readonly number[]): Hello {
  const bitmap = versions.reduce((bits, version) => (bits | (1 << version)) >>> 0, 0);
  return { type: 'hello', elements: [{ type: 'version-bitmap', bitmaps: [bitmap] }] };
}

/**
 * Versions that a HELLO offers, lowest first. Without a version bitmap these are all up to the one in its header.
 */
export function helloVersions(hello: Hello): number[] {
  const versions: number[] = [];
  const element = hello.elements?.find(({ type }) => type === 'version-bitmap');
  if (element?.type !== 'version-bitmap') {
    for (let version = 1; version <= (hello.version ?? 4); version++) versions.push(version);
    return versions;
  }
  element.bitmaps.forEach((bits, word) => {
    for (let bit = 0; bit < 32; bit++) if (((bits >>> bit) & 1) === 1) versions.push(32 * word + bit);
  });
  return versions;
}

/** The version both sides speak: the highest common one; undefined when there is none. */
export function negotiateVersion(own: readonly number[], hello: Hello): number | undefined {
  const theirs = new Set(helloVersions(hello));
  const common = own.filter(version => theirs.has(version));
  return common.length === 0 ? undefined : Math.max(...common);
}

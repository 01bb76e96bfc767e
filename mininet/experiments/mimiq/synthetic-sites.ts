import { seededRandom } from '../schedule.js';

/** A page: its files by path, and which of them a browser asks for together. */
export interface SyntheticSite {
  name: string;
  /** Path without a leading slash -> bytes. */
  files: ReadonlyMap<string, number>;
  waves: readonly (readonly string[])[];
}

/** Medians and spreads (of the logarithm) as those of home pages: objects of a page, bytes of page, style and image. */
const OBJECTS = { median: 25, spread: 0.6, most: 100 };
const BYTES = {
  page: { median: 20_000, spread: 0.7 },
  style: { median: 12_000, spread: 0.9 },
  image: { median: 9000, spread: 1.3 },
} as const;
const MOST_BYTES = 400_000;
/** Share of a page's objects that styles and scripts are; they are asked for before the images. */
const STYLES = 0.3;

/** The same sites for the same seed: each has a page, styles and scripts, and images. */
export function syntheticSites(count: number, seed: number): SyntheticSite[] {
  const random = seededRandom(seed);
  const logNormal = ({ median, spread }: { median: number; spread: number }) =>
    median * Math.exp(spread * normal(random));
  return Array.from({ length: count }, (_, index) => {
    const name = `site${index}`;
    const files = new Map<string, number>();
    const add = (kind: keyof typeof BYTES, file: string) => {
      const path = `${name}-${file}`;
      files.set(path, Math.max(200, Math.min(MOST_BYTES, Math.round(logNormal(BYTES[kind])))));
      return `/${path}`;
    };
    const objects = Math.max(3, Math.min(OBJECTS.most, Math.round(logNormal(OBJECTS))));
    const styles = Math.max(1, Math.round(objects * STYLES));
    const page = add('page', 'index.html');
    const early = Array.from({ length: styles }, (_, place) => add('style', `${place}.css`));
    const late = Array.from({ length: objects - styles }, (_, place) => add('image', `${place}.png`));
    return { name, files, waves: [[page], early, late] };
  });
}

/** Normally distributed around 0 with deviation 1 (Box and Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

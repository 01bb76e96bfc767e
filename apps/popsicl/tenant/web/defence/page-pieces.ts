import { randomBytes } from 'node:crypto';
import { escapeAttribute } from '../rewrite/attributes.js';
import type { DocumentObjects } from '../rewrite/put-aside.js';
import type { Defence } from './options.js';
import { addressOfPiece, type PieceForm } from './piece-name.js';

/** Objects that the page's script fetches at once: their addresses, what they are called, and in how many pieces each comes. */
export type Ahead = readonly (readonly [address: string, object: string, count: number])[];

/** Objects that one page asks for at once; what comes later in it is fetched when the parser meets it. */
const MOST_AHEAD = 64;

/** The objects that a document names, under which names its pieces are asked for, and in how many. */
export class PagePieces implements DocumentObjects {
  /** Characters of a document that are held until all its objects are known. */
  readonly longest: number;
  private readonly defence: Defence;
  private readonly nonce: string;
  private readonly page = randomBytes(9).toString('base64url');
  private readonly found = new Map<string, [object: string, count: number]>();
  private objects = 0;

  constructor(defence: Defence, nonce: string) {
    this.defence = defence;
    this.longest = defence.largest;
    this.nonce = nonce;
  }

  /** An absolute address. */
  fetchAhead(address: string): void {
    if (this.found.size < MOST_AHEAD && !this.found.has(address))
      this.found.set(address, [this.nextObject(), this.someCount()]);
  }

  ahead(): Ahead {
    return [...this.found].map(([address, [object, count]]) => [address, object, count]);
  }

  /** Scripts that bring the pieces while the parser waits; the browser asks for them as soon as it sees them. */
  scripts(address: string, form: PieceForm): { object: string; markup: string } {
    const [object, count] = [this.nextObject(), this.someCount()];
    const tags = Array.from({ length: count }, (_, number) => {
      const src = escapeAttribute(addressOfPiece(address, object, number, count, form));
      return `<script nonce="${this.nonce}" data-popsicl-piece src="${src}"></script>`;
    });
    return { object: `${object}.${count}`, markup: tags.join('') };
  }

  private nextObject(): string {
    return this.page + (this.objects++).toString(36);
  }

  private someCount(): number {
    const { pieces } = this.defence;
    return pieces[Math.floor(Math.random() * pieces.length)]!;
  }
}

import { MOST_PIECES } from './options.js';

/** `script`: as a script that hands it to the page's own; `style`: the same of a style sheet, with its addresses marked. */
export type PieceForm = 'bytes' | 'script' | 'style';

/** Which piece a request wants. */
export interface PieceName {
  /** Of the object, as the asking page calls it this time. */
  readonly object: string;
  /** From 0. */
  readonly number: number;
  /** In how many the object is to be cut; undefined: the request takes what is there, and never asks the application. */
  readonly count: number | undefined;
  readonly form: PieceForm;
}

/** Parameter by which addresses in a page name a piece; scripts of the page name it by the header `Popsicl-Piece`. */
const PARAMETER = 'popsicl';
const NAME = /^([\w-]{12,20})\.(\d{1,2})(?:\.(\d{1,2})([sc]?))?$/;
const FORMS: Readonly<Record<string, PieceForm>> = { s: 'script', c: 'style' };
const LETTERS: Readonly<Record<PieceForm, string>> = { bytes: '', script: 's', style: 'c' };

/** Reads `OBJECT.NUMBER.COUNT` or `OBJECT.NUMBER`; undefined for everything else. */
export function readPieceName(text: unknown): PieceName | undefined {
  const [, object, number, count, letter] = typeof text === 'string' ? (NAME.exec(text) ?? []) : [];
  if (object === undefined) return undefined;
  const name = { object, number: Number(number), form: FORMS[letter ?? ''] ?? 'bytes' };
  if (count === undefined)
    return name.number > 0 && name.number < MOST_PIECES ? { ...name, count: undefined } : undefined;
  const pieces = Number(count);
  return pieces > name.number && pieces <= MOST_PIECES ? { ...name, count: pieces } : undefined;
}

/** An address with a query, and the name of a piece at the end of that. */
export function addressOfPiece(
  address: string,
  object: string,
  number: number,
  count: number,
  form: PieceForm,
): string {
  const [head = ''] = address.split('#');
  return `${head}&${PARAMETER}=${object}.${number}.${count}${LETTERS[form]}`;
}

/** The inverse, of a request's target without its capability; a parameter of the application's own stays. */
export function takePieceName(target: string): { target: string; name: PieceName | undefined } {
  const mark = target.lastIndexOf(`${PARAMETER}=`);
  const before = target[mark - 1];
  if (mark < 0 || (before !== '?' && before !== '&')) return { target, name: undefined };
  const name = readPieceName(target.slice(mark + PARAMETER.length + 1));
  return name === undefined ? { target, name } : { target: target.slice(0, mark - 1), name };
}

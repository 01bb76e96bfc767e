import { styleText } from 'node:util';
import type { Invocation } from './invocation.js';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
/** Gives `text` a style, or leaves it plain where the output is no terminal. */
export type Palette = (style: Style, text: string) => string;

export const plain: Palette = (_style, text) => text;
const coloured: Palette = (style, text) => styleText(style, text, { validateStream: false });

/** Colours only on a terminal; NO_COLOR (no-color.org) and TERM=dumb turn them off. */
export function paletteFor(stream: { isTTY?: boolean }, env: Invocation['env']): Palette {
  const wanted = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return wanted ? coloured : plain;
}

import { isCollection, isNode, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { ConfigProblem } from './config-error.js';

export interface Place {
  line: number;
  column: number;
}

/** A YAML text as plain values, with the places they came from. */
export interface ConfigDocument {
  value: unknown;
  problems: ConfigProblem[];
  /** The place of the value at `path`, or of the nearest thing around it that exists. */
  placeOf(path: readonly (string | number)[]): Place | undefined;
  /** The place of `key` in the mapping at `path`. */
  placeOfKey(path: readonly (string | number)[], key: string): Place | undefined;
}

/** Reads YAML 1.2. A text that is not YAML, or has a key twice, gives problems and an undefined value. */
export function readDocument(text: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const nodeAt = (path: readonly (string | number)[]): Node | undefined => {
    const node = path.length === 0 ? document.contents : document.getIn(path, true);
    return isNode(node) ? node : undefined;
  };
  const problems: ConfigProblem[] = document.errors.map(error => ({
    code: 'config-syntax',
    message: error.message,
    path: [],
    ...place(error.pos[0]),
  }));
  let value: unknown;
  if (problems.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      problems.push({ code: 'config-syntax', message: (error as Error).message, path: [] });
    }
  }
  return {
    value,
    problems,
    placeOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const range = nodeAt(path.slice(0, length))?.range;
        if (range) return place(range[0]);
      }
      return undefined;
    },
    placeOfKey(path, key) {
      const node = nodeAt(path);
      if (!isCollection(node)) return undefined;
      for (const item of node.items) {
        if (isPair(item) && isScalar(item.key) && String(item.key.value) === key && item.key.range) {
          return place(item.key.range[0]);
        }
      }
      return undefined;
    },
  };
}

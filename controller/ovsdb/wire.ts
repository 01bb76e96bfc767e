/** The JSON of RFC 7047 section 5.1 as it crosses the wire. */

export type WireAtom = string | number | boolean | ['uuid', string] | ['named-uuid', string];

export type WireValue = WireAtom | ['set', WireAtom[]] | ['map', [WireAtom, WireAtom][]];

export type WireRow = { [column: string]: WireValue };

export type WireCondition = [column: string, condition: string, value: WireValue] | boolean;

export type WireMutation = [column: string, mutator: string, value: WireValue];

/** One operation of a `transact` call (RFC 7047, section 5.2). */
export type WireOperation =
  | { op: 'insert'; table: string; row: WireRow; 'uuid-name'?: string; uuid?: string }
  | { op: 'select'; table: string; where: WireCondition[]; columns?: string[] }
  | { op: 'update'; table: string; where: WireCondition[]; row: WireRow }
  | { op: 'mutate'; table: string; where: WireCondition[]; mutations: WireMutation[] }
  | { op: 'delete'; table: string; where: WireCondition[] }
  | {
      op: 'wait';
      table: string;
      where: WireCondition[];
      columns?: string[];
      until: '==' | '!=';
      rows: WireRow[];
      timeout?: number;
    }
  | { op: 'commit'; durable: boolean }
  | { op: 'abort' }
  | { op: 'comment'; comment: string }
  | { op: 'assert'; lock: string };

/** The result of one operation; which members are there follows from the operation. */
export interface WireResult {
  uuid?: ['uuid', string];
  rows?: WireRow[];
  count?: number;
}

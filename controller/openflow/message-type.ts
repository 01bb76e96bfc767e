import { MessageType } from './generated/enumerations.js';

const names = new Map<number, string>(Object.entries(MessageType).map(([name, code]) => [code, name]));

/** 'flow-mod' for 14; 'message' for a number that is not a type. */
export function messageTypeName(code: number | undefined): string {
  return (code === undefined ? undefined : names.get(code)) ?? 'message';
}

/** Codes of error messages, whose names depend on the error type (OpenFlow 1.3.5 section 7.4.4). */
import { Refusal, refuseUint, refuseValue } from './errors.js';
import { ErrorType, errorTypeCode } from './generated/enumerations.js';
import { ERROR_CODES, EXPERIMENTER_ERROR_CODES } from './generated/error-tables.js';
import type { Reader } from './reader.js';
import type { Writer } from './writer.js';

/** Writes the code and, for the type 'experimenter', the experimenter id. */
export function writeErrorCode(w: Writer, type: unknown, code: unknown, experimenter: unknown): void {
  const typeNumber = errorTypeCode(type, 'errorType');
  const isExperimenter = typeNumber === ErrorType.experimenter;
  if (isExperimenter) {
    if (typeof experimenter !== 'number' || experimenter >>> 0 !== experimenter) {
      refuseUint('experimenter', experimenter, 32);
    }
  } else if (experimenter !== undefined) {
    throw new Refusal('unknown-field', 'experimenter', "stands only with errorType 'experimenter'");
  }
  const names = isExperimenter ? EXPERIMENTER_ERROR_CODES[experimenter as number] : ERROR_CODES[typeNumber];
  const number =
    typeof code === 'string' && names !== undefined && Object.hasOwn(names, code) ? names[code] : code;
  if (typeof number !== 'number' || (number & 0xffff) !== number) {
    const expected = names === undefined ? '' : `one of ${Object.keys(names).join(', ')}, or `;
    refuseValue('errorCode', code, `${expected}an integer of 16 bits`);
  }
  w.reserve(6);
  w.view.setUint16(w.pos, number);
  if (isExperimenter) w.view.setUint32(w.pos + 2, experimenter as number);
  w.pos += isExperimenter ? 6 : 2;
}

export interface ErrorCode {
  code: string | number;
  experimenter: number | undefined;
}

export function readErrorCode(r: Reader, end: number, type: string | number): ErrorCode {
  const isExperimenter = type === 'experimenter';
  r.need(end, isExperimenter ? 6 : 2, 'errorCode');
  const code = r.view.getUint16(r.pos);
  const experimenter = isExperimenter ? r.view.getUint32(r.pos + 2) : undefined;
  r.pos += isExperimenter ? 6 : 2;
  return { code: errorCodeName(type, code, experimenter) ?? code, experimenter };
}

/** Name of an error code; undefined when it has none. */
export function errorCodeName(
  type: string | number,
  code: number,
  experimenter?: number,
): string | undefined {
  const typeNumber = typeof type === 'number' ? type : (ErrorType as Record<string, number>)[type];
  const names =
    experimenter === undefined
      ? typeNumber === undefined
        ? undefined
        : ERROR_CODES[typeNumber]
      : EXPERIMENTER_ERROR_CODES[experimenter];
  if (names === undefined) return undefined;
  return Object.keys(names).find(name => names[name] === code);
}

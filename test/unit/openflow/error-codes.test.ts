import { expect } from 'chai';
import {
  decode,
  ErrorType,
  encodeToBytes,
  errorCodeName,
  type OpenflowError,
} from '../../../controller/openflow/index.js';

/** Type, number, last code, its number (OpenFlow 1.3.5 section 7.4.4). */
const lastCodes: [type: string, number: number, code: string, codeNumber: number][] = [
  ['hello-failed', 0, 'eperm', 1],
  ['bad-request', 1, 'multipart-buffer-overflow', 13],
  ['bad-action', 2, 'bad-set-argument', 15],
  ['bad-instruction', 3, 'eperm', 8],
  ['bad-match', 4, 'eperm', 11],
  ['flow-mod-failed', 5, 'bad-flags', 7],
  ['group-mod-failed', 6, 'eperm', 14],
  ['port-mod-failed', 7, 'eperm', 4],
  ['table-mod-failed', 8, 'eperm', 2],
  ['queue-op-failed', 9, 'eperm', 2],
  ['switch-config-failed', 10, 'eperm', 2],
  ['role-request-failed', 11, 'bad-role', 2],
  ['meter-mod-failed', 12, 'out-of-bands', 11],
  ['table-features-failed', 13, 'eperm', 5],
];

describe('openflow error codes', () => {
  for (const [type, number, code, codeNumber] of lastCodes) {
    it(`${type} is ${number} and its last code ${code} is ${codeNumber}`, () => {
      const bytes = encodeToBytes({ type: 'error', errorType: type as 'bad-request', errorCode: code });
      expect([...bytes.subarray(8)]).to.deep.equal([0, number, 0, codeNumber]);
      expect(decode(bytes)).to.include({ errorType: type, errorCode: code });
      expect(errorCodeName(number, codeNumber)).to.equal(code);
      expect(errorCodeName(type, codeNumber + 1)).to.equal(undefined);
    });
  }

  it('has every error type', () => {
    expect(Object.keys(ErrorType)).to.deep.equal([...lastCodes.map(([type]) => type), 'experimenter']);
  });

  it('refuses the name of another type, and an experimenter id where none belongs', () => {
    const refuse = (message: object) => {
      try {
        encodeToBytes({ type: 'error', errorType: 'bad-request', errorCode: 0, ...message });
      } catch (error) {
        return (error as OpenflowError).field;
      }
      throw new Error('was accepted');
    };
    expect(refuse({ errorCode: 'table-full' })).to.equal('error.errorCode');
    expect(refuse({ errorCode: 'toString' })).to.equal('error.errorCode');
    expect(refuse({ experimenter: 1 })).to.equal('error.experimenter');
    expect(refuse({ errorType: 'experimenter' })).to.equal('error.experimenter');
    expect(refuse({ errorType: 'no-such' })).to.equal('error.errorType');
  });
});

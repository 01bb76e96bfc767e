import { CodedError } from '../coded-error.js';
import type { DecodedOf } from './requests.js';

/** The ERROR message that answered a call (OpenFlow 1.3.5 section 7.4.4). */
export class OpenflowReplyError extends CodedError<'openflow-refused'> {
  /** Type of the message that the switch refused, such as `flow-mod`. */
  readonly request: string;
  readonly xid: number;
  readonly errorType: DecodedOf<'error'>['errorType'];
  readonly errorCode: DecodedOf<'error'>['errorCode'];
  /** Usually the first 64 bytes of the refused message. */
  readonly data: DecodedOf<'error'>['data'];

  constructor(request: string, error: DecodedOf<'error'>) {
    super('openflow-refused', `The switch refused ${request}: ${error.errorType}/${error.errorCode}.`);
    this.request = request;
    this.xid = error.xid;
    this.errorType = error.errorType;
    this.errorCode = error.errorCode;
    this.data = error.data;
  }
}

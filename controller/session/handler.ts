import type { DecodedMessage, OpenflowError, PacketInView } from '../openflow/index.js';
import type { Session } from './session.js';
import type { SessionError } from './session-error.js';

/**
 * What a session tells its owner. The calls come from within `receive`, `tick`, `send` and `close`; an exception that
 * leaves one during `receive` ends the session with `handler-failed`.
 */
export interface SessionHandler {
  /** HELLO and FEATURES are done: `features` and `datapathId` are set, messages may be sent. */
  ready(session: Session): void;
  /** A PACKET_IN; the view is valid only during the call unless detached. */
  packetIn(session: Session, view: PacketInView): void;
  /**
   * Every other message that answers no call: FLOW_REMOVED, PORT_STATUS, experimenter messages, and ERRORs with the
   * xid of a plain `send`.
   */
  message(session: Session, message: DecodedMessage): void;
  /** The session is over; every pending call has been rejected with `reason`. Called once. */
  closed(session: Session, reason: SessionError): void;
  /**
   * There are bytes to take with `takeOutput`: once when the first come, and once more, `urgent`, when so many wait
   * that they should be taken at once if possible.
   */
  output(session: Session, urgent: boolean): void;
  /** A message from the switch that could not be read. It was skipped. */
  malformed?(session: Session, error: OpenflowError): void;
  /** Output waits above (or no longer above) the high-water mark. */
  congested?(session: Session, congested: boolean): void;
}

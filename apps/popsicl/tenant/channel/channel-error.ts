import { PartyError } from '../../party-error.js';

export type ChannelErrorCode =
  /** A message that is longer than any may be. */
  | 'message-too-long'
  /** Bytes that are no message, or one that makes no sense here. */
  | 'bad-message'
  /** No agent of this tenant is connected. */
  | 'tenant-unreachable'
  /** The agent did not answer in time. */
  | 'tenant-silent'
  /** Too much waits for the agent already. */
  | 'tenant-congested'
  /** The agent said no; its reason is in the text. */
  | 'tenant-refused'
  /** No invitation, or one that was used or is too old. */
  | 'bad-invitation'
  /** Nothing answers where the controller should be. */
  | 'controller-unreachable'
  /** A certificate, key or authority of the channel is wrong. */
  | 'bad-credentials';

/** What can go wrong between controller and agent. Texts never name a pseudonym, a client or the tenant. */
export class ChannelError extends PartyError<ChannelErrorCode> {}

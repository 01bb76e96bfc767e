/** Counts of one session since it began. */
export class SessionStatistics {
  messagesIn = 0;
  messagesOut = 0;
  packetsIn = 0;
  /** Messages that could not be read. */
  malformed = 0;
  /** Messages that a controller should not get, and events before the session was ready. */
  unexpected = 0;
  /** Replies that answer no pending call, such as one that came after its time limit. */
  lateReplies = 0;
}

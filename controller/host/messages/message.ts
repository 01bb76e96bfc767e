/** One thing that an operator may read in the log. Its id never changes its meaning. */
export interface LogMessage {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** One sentence; what varies stands beside it in the record's fields. */
  readonly text: string;
  /** When it is written. */
  readonly cause: string;
  /** What the operator does about it; absent where there is nothing to do. */
  readonly remedy?: string;
}

/** Messages by id. Ids are kebab-case; an app's begin with the app's name. */
export type MessageCatalogue = Readonly<Record<string, LogMessage>>;

/** What stands beside a message. Never an address of a client, a host or a user. */
export type MessageFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where messages of one catalogue go. */
export interface MessageLog<Catalogue extends MessageCatalogue = MessageCatalogue> {
  write(id: keyof Catalogue & string, fields?: MessageFields, error?: unknown): void;
}

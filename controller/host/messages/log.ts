import type { Logger } from 'pino';
import { CodedError } from '../../coded-error.js';
import type { MessageCatalogue, MessageFields, MessageLog } from './message.js';

/** Writes messages of `catalogue` through a pino logger: `{level, id, msg, ...fields}`. */
export function messageLog<Catalogue extends MessageCatalogue>(
  logger: Logger,
  catalogue: Catalogue,
): MessageLog<Catalogue> {
  return {
    write(id, fields: MessageFields = {}, error?: unknown) {
      const { level, text } = catalogue[id]!;
      logger[level]({ id, ...fields, ...(error === undefined ? {} : { error: describeError(error) }) }, text);
    },
  };
}

/** Code, message and stack of whatever was thrown. The stack only of what was not raised on purpose. */
function describeError(error: unknown): Record<string, string | undefined> {
  if (error instanceof CodedError) return { code: error.code, message: error.message, mend: error.mend };
  if (error instanceof Error) return { message: error.message, stack: error.stack };
  return { message: String(error) };
}

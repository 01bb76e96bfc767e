import { z } from 'zod';

/** What applications and the agent say to each other on its unix socket: one JSON value a line. */
export const applicationMessage = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('take'),
    id: z.int().min(0),
    family: z.union([z.literal(4), z.literal(6)]),
  }),
  z.strictObject({ op: z.literal('release'), id: z.int().min(0), address: z.string().max(45) }),
  /** After a restart of the agent: the same address again. */
  z.strictObject({ op: z.literal('resume'), id: z.int().min(0), secret: z.string().max(64) }),
]);

export type ApplicationMessage = z.output<typeof applicationMessage>;

export const agentMessage = z.union([
  z.object({
    id: z.int(),
    address: z.string(),
    /** Proves to a restarted agent that the application has the address. */
    secret: z.string(),
    /** Milliseconds that the address may be used from now. */
    lifetime: z.number(),
  }),
  z.object({ id: z.int(), error: z.object({ code: z.string(), message: z.string() }) }),
  z.object({ event: z.literal('ended'), address: z.string() }),
  z.object({ id: z.int(), released: z.literal(true) }),
]);

export type AgentMessage = z.output<typeof agentMessage>;

/** Bytes of the longest line. */
export const MAX_LINE = 4096;
export const DEFAULT_SOCKET = '/run/cloakflow-mimiq/agent.sock';

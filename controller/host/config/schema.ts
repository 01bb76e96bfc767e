import { z } from 'zod';
import { isPassive, parseEndpoint } from '../../transport/index.js';

function endpoint(passive: boolean): z.ZodType<string> {
  const wanted = passive ? 'ptcp:PORT:ADDRESS or punix:PATH' : 'tcp:HOST:PORT or unix:PATH';
  return z.string().superRefine((text, context) => {
    try {
      if (isPassive(parseEndpoint(text)) === passive) return;
      context.addIssue({
        code: 'custom',
        message: `not an endpoint of this kind: ${wanted} is expected here`,
      });
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });
}

const seconds = (lowest: number) => z.number().min(lowest).max(86_400);

/** An entry of `apps`: a name, or a mapping of the name to the app's configuration, perhaps with an instance name. */
const appEntry = z.union([z.string(), z.record(z.string(), z.unknown())]);

/** The whole configuration. Apps' own parts are checked against the apps' schemas. */
export const configSchema = z.strictObject({
  /** Endpoints on which switches are awaited. */
  listen: z.array(endpoint(true)).default(['ptcp:6653:127.0.0.1']),
  /** Endpoints of switches that wait themselves. */
  connect: z.array(endpoint(false)).default([]),
  /** Path of the admin socket; by default the one that the command line looks for. */
  admin: z.string().min(1).optional(),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    })
    .prefault({}),
  /** What becomes of flows in the switches that are not the controller's. */
  foreignFlows: z.enum(['keep', 'remove']).default('keep'),
  discovery: z
    .strictObject({
      enabled: z.boolean().default(true),
      /** Seconds between two probes of a port. */
      interval: seconds(0.1).default(5),
      /** Seconds for which nothing is flooded to a port that has come up. */
      hold: seconds(0.1).default(2),
    })
    .prefault({}),
  apps: z.array(appEntry),
});

export type ConfigValues = z.output<typeof configSchema>;

import { z } from 'zod';
import { connectionShape, endpointsWithoutFiles } from './connection-schema.js';

const seconds = () => z.number().min(0.1).max(86_400);

/**
 * An entry of `apps`: a name, or a mapping of the name to the app's configuration, perhaps with an instance
 * name.
 */
const appEntry = z.union([z.string(), z.record(z.string(), z.unknown())]);

/** The whole configuration. Apps' own parts are checked against the apps' schemas. */
export const configSchema = z
  .strictObject({
    ...connectionShape,
    admin: z
      .string()
      .min(1)
      .optional()
      .describe('Path of the admin socket. By default the one that the command line looks for.'),
    log: z
      .strictObject({
        level: z
          .enum(['debug', 'info', 'warn', 'error', 'silent'])
          .default('info')
          .describe(
            'The least important messages that are written: `debug`, `info`, `warn`, `error` or `silent`.',
          ),
      })
      .prefault({}),
    foreignFlows: z
      .enum(['keep', 'remove'])
      .default('keep')
      .describe("What becomes of flows in the switches that are not the controller's: `keep` or `remove`."),
    discovery: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe('Whether links between switches are looked for. Without it every port is an edge port.'),
        interval: seconds().default(5).describe('Seconds between two probes of a port.'),
        hold: seconds()
          .default(2)
          .describe('Seconds for which nothing is flooded to a port that has come up.'),
      })
      .prefault({}),
    apps: z
      .array(appEntry)
      .describe(
        'The apps in the order in which packets visit them: a name, `name: {settings}`, the same with a sibling `name` for ' +
          'the instance, or `./module.js` in the place of the name for an app of your own.',
      ),
  })
  .superRefine((values, context) => {
    for (const { path, message } of endpointsWithoutFiles(values))
      context.addIssue({ code: 'custom', path, message });
  });

export type ConfigValues = z.output<typeof configSchema>;

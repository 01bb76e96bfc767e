import type { Command } from 'commander';
import type { Invocation } from '../controller/cli/invocation.js';
import { defineMimiq } from './mimiq/cli/mimiq.js';
import { definePopsicl } from './popsicl/cli/popsicl.js';
import { defineTenant } from './popsicl/tenant/cli/tenant.js';

/** Adds a command to the program. What it needs beyond commander it imports when it runs. */
export type DefineCommand = (program: Command, invocation: Invocation) => void;

/** What the built-in apps bring to the command line, in the order of the help. */
export const appCommands: readonly DefineCommand[] = [definePopsicl, defineTenant, defineMimiq];

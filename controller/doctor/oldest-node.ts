import { atLeast } from './version.js';

/** The oldest supported release of Node: `engines` of package.json. */
export const OLDEST_NODE = '20.19.0';

/** What the command line says on a Node release (`process.versions.node`) that is too old; else undefined. */
export function nodeTooOld(version: string): string | undefined {
  if (atLeast(version, OLDEST_NODE)) return undefined;
  return (
    `error: Node ${version} is too old: cloakflow needs ${OLDEST_NODE} or later [node-too-old]\n` +
    '  Install the current LTS release of Node.\n'
  );
}

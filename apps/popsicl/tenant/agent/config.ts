import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { TenantError } from '../tenant-error.js';

const NATIVE = fileURLToPath(new URL('../../../../../native/build/', import.meta.url));
const path = z.string().regex(/^\/[^\0]*$/, 'an absolute path');
const port = z.int().min(1).max(65_535);
const command = z.array(z.string().min(1)).min(1);

/** A folder that the web server looks into by itself: the nginx module, or the Node module. */
const folderServer = z.strictObject({
  kind: z.literal('folder'),
  /** Files NAME.pem. */
  folder: path,
});

/** An nginx with a server block for each pseudonym (5.3). */
const blocksServer = z.strictObject({
  kind: z.literal('nginx-blocks'),
  /** Included by the http block of nginx.conf: `include FOLDER/*.conf;` */
  folder: path,
  /** What stands in each server block, such as `root /srv/www;`: a file. */
  site: path,
  /** What nginx does for pages under pseudonyms; `links` needs `libnginx-mod-http-subs-filter`. */
  web: z.enum(['off', 'check', 'links']).default('off'),
  /** Makes nginx read its configuration again. Runs as the user that started the agent. */
  reload: command.default(['sh', '-c', 'kill -HUP "$(cat /run/nginx.pid)"']),
  /** Where nginx answers, to see that it has. */
  probe: z.strictObject({ host: z.string().default('127.0.0.1'), port: port.default(443) }).prefault({}),
});

const schema = z.strictObject({
  controller: z.strictObject({ host: z.string().min(1), port: port.default(6655) }),
  /** Files as `cloakflow tenant enrol` writes them. */
  credentials: z.strictObject({ certificate: path, key: path, authority: path }),
  /** Where clients' packets arrive. */
  interface: z.string().regex(/^[^\s/]{1,15}$/, 'the name of an interface'),
  /** TCP port that clients connect to. */
  port: port.default(443),
  /** Whom the agent runs as; absent: who started it. */
  user: z.union([z.string().min(1), z.int().min(1)]).optional(),
  /** Group of the web server, which may read keys; absent: the user's. */
  group: z.union([z.string().min(1), z.int().min(0)]).optional(),
  /** Pins of the BPF program and the socket of the repair helper. */
  runFolder: path.default('/run/cloakflow-tenant'),
  /** Ways to take connections over that may be used. */
  strategies: z.array(z.enum(['cookie', 'repair'])).default(['cookie', 'repair']),
  /** Unix-domain socket of the web server for restored connections; without it `repair` is not offered. */
  handoffSocket: path.optional(),
  /** Where the web application finds capabilities, and the group that may read them; absent: as the web server's. */
  capabilities: z
    .strictObject({
      folder: path,
      group: z.union([z.string().min(1), z.int().min(0)]).optional(),
    })
    .optional(),
  webServer: z.discriminatedUnion('kind', [folderServer, blocksServer]),
  /** Where the native programs are. */
  native: path.default(NATIVE),
});

export type AgentConfig = z.output<typeof schema>;

/** @throws TenantError `bad-configuration` */
export function parseAgentConfig(text: string): AgentConfig {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    throw bad('it is no YAML');
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw bad(`${issue!.path.join('.') || 'the file'}: ${issue!.message}`);
}

/** @throws TenantError `bad-configuration` */
export async function readAgentConfig(file: string): Promise<AgentConfig> {
  try {
    return parseAgentConfig(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof TenantError) throw error;
    throw bad(`${file} cannot be read`);
  }
}

function bad(why: string): TenantError {
  return new TenantError('bad-configuration', `the configuration of the agent is wrong: ${why}`, {
    mend: 'See docs/how-to/run-a-tenant.md.',
  });
}

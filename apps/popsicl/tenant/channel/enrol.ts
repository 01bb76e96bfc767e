import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyOfRequest } from '../../pki/client-request.js';
import { checkName } from '../web-server/check-material.js';
import { ChannelError } from './channel-error.js';
import {
  type Credentials,
  certifyAgent,
  createControlAuthority,
  issueAgent,
  issueController,
} from './control-authority.js';

/** What the controller has of the control folder. PEM. */
export interface Control extends Credentials {
  readonly authorityPem: string;
}

/** Files of the control folder. */
const CONTROL_FILES = {
  authority: { certificatePem: 'authority.pem', keyPem: 'authority.key' },
  controller: { certificatePem: 'controller.pem', keyPem: 'controller.key' },
} as const;
const AGENT_FILES = { certificatePem: 'agent.pem', keyPem: 'agent.key' } as const;

/**
 * Writes the credentials of a tenant's agent into `out`, and what the controller needs into `control` where it is not there.
 * Gives the paths of the agent's files.
 *
 * @throws TenantError `bad-name`, ChannelError `bad-credentials`
 */
export async function enrol(domain: string, control: string, out: string, now: number): Promise<string[]> {
  checkName(domain);
  await mkdir(control, { recursive: true, mode: 0o700 });
  await mkdir(out, { recursive: true, mode: 0o700 });
  const authority = await readOrMake(control, CONTROL_FILES.authority, () => createControlAuthority(now));
  await readOrMake(control, CONTROL_FILES.controller, () => issueController(authority, now));
  const agent = await issueAgent(authority, domain, now);
  const written = await writeCredentials(out, AGENT_FILES, agent);
  const authorityFile = join(out, CONTROL_FILES.authority.certificatePem);
  await writeFile(authorityFile, authority.certificatePem);
  return [...written, authorityFile];
}

/** What the controller needs, made on the first run. @throws ChannelError `bad-credentials` */
export async function openControl(control: string, now: number): Promise<Control> {
  const authorityFile = join(control, CONTROL_FILES.authority.certificatePem);
  await mkdir(control, { recursive: true, mode: 0o700 });
  const controller = await readOrMake(control, CONTROL_FILES.controller, async () => {
    const authority = await readOrMake(control, CONTROL_FILES.authority, () => createControlAuthority(now));
    return issueController(authority, now);
  });
  const authorityPem = await readFile(authorityFile, 'utf8').catch(() => {
    throw missing();
  });
  return { ...controller, authorityPem };
}

/** Certificate (PEM) for the key that an agent asks for. @throws ChannelError `bad-credentials`, PkiError */
export async function certifyRequest(
  control: string,
  domain: string,
  request: string,
  now: number,
): Promise<string> {
  const publicKey = await keyOfRequest(request);
  const authority = await readOrMake(control, CONTROL_FILES.authority, () => Promise.reject(missing()));
  return certifyAgent(authority, domain, publicKey, now);
}

type Names = Readonly<Record<keyof Credentials, string>>;

async function readOrMake(
  folder: string,
  names: Names,
  make: () => Promise<Credentials>,
): Promise<Credentials> {
  try {
    return {
      certificatePem: await readFile(join(folder, names.certificatePem), 'utf8'),
      keyPem: await readFile(join(folder, names.keyPem), 'utf8'),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  // A certificate that others trust already is not made anew.
  if (await exists(join(folder, names.certificatePem))) throw missing();
  const made = await make();
  await writeCredentials(folder, names, made);
  return made;
}

/** The key first, so that a certificate is never there without it. */
async function writeCredentials(folder: string, names: Names, made: Credentials): Promise<string[]> {
  const [certificate, key] = [join(folder, names.certificatePem), join(folder, names.keyPem)];
  await writeFile(key, made.keyPem, { mode: 0o600 });
  await writeFile(certificate, made.certificatePem);
  return [certificate, key];
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function missing(): ChannelError {
  return new ChannelError('bad-credentials', 'a certificate of the control folder is there without its key', {
    mend: 'Restore authority.key (or controller.key) from where it was put.',
  });
}

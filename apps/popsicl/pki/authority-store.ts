import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AuthorityFiles, CloudAuthority, createAuthority } from './cloud-authority.js';
import type { KeyType } from './key-pair.js';
import { PkiError } from './pki-error.js';

const CERTIFICATE_FILE = 'ca.pem';
const KEY_FILE = 'ca-key.pem';

export interface AuthorityOptions {
  /** Folder of the authority that is made on the first run. */
  readonly folder: string;
  readonly domain: string;
  readonly keyType: KeyType;
  /** An authority of the operator's own, instead. */
  readonly brought?: { readonly certificate: string; readonly key: string } | undefined;
}

/**
 * The authority that the operator brought, or the one in `folder`, made there on the first run with a key that only its
 * owner can read. Throws `bad-authority`; system errors pass.
 */
export async function openAuthority(options: AuthorityOptions, now: number): Promise<CloudAuthority> {
  const { folder, brought } = options;
  if (brought !== undefined)
    return CloudAuthority.load(await readBoth(brought.certificate, brought.key), now);
  const certificate = join(folder, CERTIFICATE_FILE);
  const key = join(folder, KEY_FILE);
  const [hasCertificate, hasKey] = [await exists(certificate), await exists(key)];
  if (hasCertificate && !hasKey) {
    throw new PkiError(
      'bad-authority',
      'the key of the certificate authority is missing beside its certificate',
      {
        mend: 'Restore ca-key.pem from a backup. Removing ca.pem as well starts over with an authority that nobody trusts.',
      },
    );
  }
  if (!hasCertificate) {
    const made = await createAuthority(options.domain, options.keyType, now);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // The certificate comes last: a key alone is what a crash left, and is replaced.
    await writeDurably(key, made.keyPem, 0o600);
    await writeDurably(certificate, made.certificatePem, 0o644);
  }
  return CloudAuthority.load(await readBoth(certificate, key), now);
}

async function readBoth(certificate: string, key: string): Promise<AuthorityFiles> {
  const [certificatePem, keyPem] = await Promise.all([readFile(certificate, 'utf8'), readFile(key, 'utf8')]);
  return { certificatePem, keyPem };
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** The file appears whole, and is there after a power failure. */
async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, 'w', mode);
  try {
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  const folder = await open(dirname(path));
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CodedError } from '../../../controller/coded-error.js';

const KEY_BYTES = 32;

class KeyFileError extends CodedError<'bad-key-file'> {}

/** The key in `file`, which is made when it is not there. Rejects with KeyFileError, and as the file system does. */
export async function readKeyFile(file: string): Promise<Uint8Array> {
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600, flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const key = await readFile(file);
  if (key.length === KEY_BYTES) return key;
  throw new KeyFileError('bad-key-file', `The key file ${file} has ${key.length} bytes, not ${KEY_BYTES}.`, {
    mend: 'Remove it, and a new one is made; clients get other addresses then.',
  });
}

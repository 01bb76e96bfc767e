import { access, constants, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AdminError } from '../../../controller/api/admin-error.js';
import { CommandError } from '../../../controller/cli/failure.js';
import { type Invocation, write, writeJson } from '../../../controller/cli/invocation.js';
import { paletteFor } from '../../../controller/cli/palette.js';
import { adminClient } from '../../../controller/cli/query.js';
import { registerAtPortal } from '../portal/portal-client.js';
import { answerSchema, type RegistrationAnswer, type RegistrationInput } from '../portal/portal-requests.js';
import { canonicalDomain } from '../pseudonym/label.js';
import type { OperatorOptions } from './operator-options.js';

export interface RegisterOptions extends OperatorOptions {
  portal?: string;
  ca?: string;
  pkcs12?: string;
  passwordFile?: string;
  out: string;
  csr?: string;
  form?: 'stored' | 'stateless';
  keyType?: 'ecdsa-p256' | 'rsa-2048';
  linker?: string | true;
  linkerCsr?: string;
}

/** Files that a registration leaves, by what they are. */
interface Written {
  certificate: string;
  authority: string;
  pkcs12?: { modern: string; old: string };
  /** For the linker. */
  linker?: { certificate: string; modern?: string; old?: string };
}

export async function registerPseudonym(
  domain: string,
  options: RegisterOptions,
  invocation: Invocation,
): Promise<void> {
  const { csr, form, keyType, linker, linkerCsr, out } = options;
  const input: RegistrationInput = {
    domain,
    ...(csr === undefined ? {} : { csr: await readFile(csr, 'utf8') }),
    ...(form === undefined ? {} : { form }),
    ...(keyType === undefined ? {} : { keyType }),
    ...(linker === undefined ? {} : { linker: linker === true ? 'new' : `code:${linker}` }),
    ...(linkerCsr === undefined ? {} : { linkerCsr: await readFile(linkerCsr, 'utf8') }),
  };
  await mkdir(out, { recursive: true, mode: 0o700 });
  // Before anything is registered that could then not be written down.
  await access(out, constants.W_OK);
  const answer = await ask(input, options, invocation);
  const files = await keep(answer, out);
  const { name, url, expires, pkcs12 } = answer;
  const password = pkcs12?.password ?? answer.linker?.pkcs12?.password;
  const code = answer.linker?.code;
  if (options.json) return writeJson(invocation, { name, url, expires, files, password, code });
  const palette = paletteFor(invocation.stdout, invocation.env);
  const lines = [
    `${palette('green', 'pseudonym')}  ${name}`,
    `url        ${url}`,
    `expires    ${expires}`,
    `CA         ${files.authority}`,
    `client     ${files.certificate}`,
  ];
  if (password !== undefined) {
    for (const both of [files.pkcs12, files.linker]) {
      if (both?.modern === undefined) continue;
      lines.push(
        `${both === files.linker ? 'linker ' : 'PKCS#12'}    ${both.modern}`,
        `           ${both.old} (for systems that do not import the first)`,
      );
    }
    lines.push(`password   ${palette('bold', password)}  (shown this once)`);
  }
  if (code !== undefined)
    lines.push(`code       ${palette('bold', code)}  (for your next pseudonyms, shown this once)`);
  if (files.pkcs12 !== undefined) {
    const { modern } = files.pkcs12;
    lines.push(
      '',
      `  curl --cacert ${files.authority} --cert-type P12 --cert ${modern}:${password} '${url}'`,
    );
  }
  await write(invocation.stdout, `${lines.join('\n')}\n`);
}

async function ask(
  input: RegistrationInput,
  { portal, ca, pkcs12, passwordFile, instance, admin }: RegisterOptions,
  invocation: Invocation,
): Promise<RegistrationAnswer> {
  if (portal !== undefined) {
    const authorityPem = ca === undefined ? undefined : await readFile(ca, 'utf8');
    const identity = pkcs12 === undefined ? undefined : await readIdentity(pkcs12, passwordFile);
    return registerAtPortal({ url: portal, authorityPem, identity }, input);
  }
  const client = adminClient(admin === undefined ? {} : { admin }, invocation);
  const answer = answerSchema.safeParse(
    await client.callApp(instance, 'register', input).catch(error => {
      if (!(error instanceof AdminError) || error.code !== 'no-controller') throw error;
      const mend =
        'Name the portal with --portal URL; on the controller’s machine, start it or name its socket with --admin PATH.';
      throw new AdminError('no-controller', error.message, { mend, cause: error });
    }),
  );
  if (answer.success) return answer.data;
  throw new CommandError('admin-bad-answer', 'the controller does not answer as a registration does');
}

async function readIdentity(file: string, passwordFile: string | undefined) {
  const password = passwordFile === undefined ? '' : (await readFile(passwordFile, 'utf8')).trim();
  return { pkcs12: await readFile(file), password };
}

/** Writes what was given, for this user only. An existing file is never touched. */
async function keep(
  { name, certificate, authority, pkcs12, linker }: RegistrationAnswer,
  out: string,
): Promise<Written> {
  // The name becomes part of file names.
  if (canonicalDomain(name) !== name)
    throw new CommandError('portal-bad-answer', 'the pseudonym is no domain name');
  const base = join(out, name);
  const written: Written = { certificate: `${base}.pem`, authority: `${base}-ca.pem` };
  await writeNew(written.certificate, certificate);
  await writeNew(written.authority, authority);
  if (pkcs12 !== undefined) written.pkcs12 = await keepBoth(pkcs12, base);
  if (linker?.certificate !== undefined) {
    // Beside a pseudonym's own: an earlier certificate for the linker is somebody's too.
    const certificate = `${base}-linker.pem`;
    await writeNew(certificate, linker.certificate);
    const files = linker.pkcs12 && (await keepBoth(linker.pkcs12, `${base}-linker`));
    written.linker = { certificate, ...files };
  }
  return written;
}

async function keepBoth(pkcs12: { modern: string; old: string }, base: string) {
  const files = { modern: `${base}.p12`, old: `${base}-old.p12` };
  await writeNew(files.modern, Buffer.from(pkcs12.modern, 'base64'));
  await writeNew(files.old, Buffer.from(pkcs12.old, 'base64'));
  return files;
}

async function writeNew(path: string, contents: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(contents);
  } finally {
    await file.close();
  }
}

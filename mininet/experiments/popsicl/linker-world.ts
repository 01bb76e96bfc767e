import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answerSchema, type RegistrationAnswer } from '../../../apps/popsicl/portal/portal-requests.js';
import { AdminClient } from '../../../controller/api/admin-client.js';
import { runCommand } from '../../driver/index.js';
import type { RunContext, World } from '../experiment.js';
import { ExperimentError } from '../experiment-error.js';
import { Cloud } from './cloud.js';
import { domainOf, LINKER4 } from './cloud-plan.js';
import { access as fetch, redirect, type Target } from './curl.js';
import type { Credential } from './web-tenant.js';

const FROM = 'referrer';
const TO = 'target';

export async function openLinker({ parameters, scratch, signal }: RunContext): Promise<World> {
  const tenants = [{ name: FROM }, { name: TO, trusts: [FROM] }];
  const plan = { clients: 1, delay: `${parameters.settings.rtt! / 2}ms`, linker: true, tenants };
  const cloud = await Cloud.start(plan, scratch, signal);
  const paths = new Map<number, string>();
  try {
    const { own, linker, referral } = await register(cloud, scratch);
    for (const size of parameters.axes.size!)
      paths.set(Number(size), await cloud.tenant(TO).object(Number(size)));
    const visit = async (access: string, path: string): Promise<number> => {
      const direct = async () => (await fetch(cloud.client(), own, path, signal)).milliseconds;
      if (access === 'direct') return direct();
      const query = new URLSearchParams({ ...referral, to: `https://${domainOf(TO)}${path}` });
      const { milliseconds, location } = await redirect(cloud.client(), linker, `/?${query}`, signal);
      if (new URL(location).hostname !== own.name)
        throw new ExperimentError('measurement-failed', 'the linker does not lead to the pseudonym');
      return milliseconds + (await direct());
    };
    for (const access of ['direct', 'linker']) await visit(access, [...paths.values()][0]!);
    const line = cloud.network.link('client1', 'border');
    return {
      async measure({ access, size, line: megabits }) {
        await line.setRate(`${megabits}mbit`);
        return { latency: await visit(String(access), paths.get(Number(size))!) };
      },
      close: () => cloud.close(),
    };
  } catch (error) {
    await cloud.close();
    throw error;
  }
}

/** One person's pseudonyms for both tenants, and her certificate for the linker. */
async function register(cloud: Cloud, scratch: string) {
  const admin = new AdminClient(join(scratch, 'admin.sock'), { timeout: 60_000 });
  const folder = join(scratch, 'person');
  await mkdir(folder);
  const ask = async (name: string, linker: string): Promise<RegistrationAnswer> =>
    answerSchema.parse(await admin.callApp('popsicl', 'register', { domain: domainOf(name), linker }));
  const first = await ask(FROM, 'new');
  const { name, code, pkcs12 } = first.linker!;
  const second = await ask(TO, `code:${code}`);
  const authority = join(folder, 'ca.pem');
  await writeFile(authority, first.authority);
  const own: Target = {
    name: second.name,
    port: 443,
    address: await cloud.resolve(second.name, 4),
    authority,
    client: await unpacked(second.pkcs12!, folder, 'own'),
  };
  const client = await unpacked(pkcs12!, folder, 'linker');
  const linker: Target = { name, port: 443, address: LINKER4, authority, client };
  const referral = { from: first.name, c: new URL(first.url).searchParams.get('c')! };
  return { own, linker, referral };
}

/** A PKCS#12 file as two files of PEM. */
async function unpacked(
  { modern, password }: { modern: string; password: string },
  folder: string,
  name: string,
): Promise<Credential> {
  const file = join(folder, `${name}.p12`);
  await writeFile(file, Buffer.from(modern, 'base64'));
  const files = { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const words = ['openssl', 'pkcs12', '-in', file, '-passin', 'stdin', '-nodes'];
  const run = (more: readonly string[]) =>
    runCommand([...words, ...more], { check: true, input: `${password}\n` });
  await run(['-clcerts', '-nokeys', '-out', files.certificate]);
  await run(['-nocerts', '-out', files.key]);
  return files;
}

import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PseudonymFolder } from '../../../apps/popsicl/tenant/web-server/pseudonym-folder.js';
import { spread } from '../../report/statistics.js';
import type { RunContext, World } from '../experiment.js';
import { openAccesses } from './accesses.js';
import { CLOUD_DOMAIN } from './cloud-plan.js';
import { access as fetch } from './curl.js';

const ACCESS = 'cookie-conntrack';
const SIZES = { small: 10 * 1024, large: 100 * 1024 };

export async function openManyPseudonyms(context: RunContext): Promise<World> {
  const { parameters, scratch, signal, progress } = context;
  const { cloud, targets, object, tenants } = await openAccesses([ACCESS], context, {
    clients: 1,
    delay: '0ms',
  });
  const tenant = cloud.tenant(tenants[0]!);
  const target = targets.get(ACCESS)!;
  const paths: Record<string, string> = {};
  try {
    for (const [name, bytes] of Object.entries(SIZES)) paths[name] = await object(bytes);
  } catch (error) {
    await cloud.close();
    throw error;
  }
  const own = (await new PseudonymFolder(tenant.pseudonyms).read(target.name))!;
  const folder = join(scratch, 'many');

  /** Lines of nginx for so many pseudonyms, the visited one among them. */
  function serverLines(form: string, count: number): string {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    const names = [
      target.name,
      ...Array.from({ length: count - 1 }, (_, index) => `other${index}.${CLOUD_DOMAIN}`),
    ];
    if (form === 'one-block') {
      const source = join(tenant.pseudonyms, `${target.name}.pem`);
      const first = join(folder, `${target.name}.pem`);
      writeFileSync(first, readFileSync(source));
      for (const name of names.slice(1)) linkSync(first, join(folder, `${name}.pem`));
      return `server { ${tenant.listen} root ${tenant.root}; server_name *.${CLOUD_DOMAIN}; popsicl_store ${folder};
        ssl_certificate ${tenant.site.certificate}; ssl_certificate_key ${tenant.site.key}; }`;
    }
    const file = (end: string, text: string) => {
      writeFileSync(join(folder, end), text);
      return join(folder, end);
    };
    const certificate = file('certificate.pem', own.certificatePem);
    const key = file('key.pem', own.keyPem);
    const anchor = file('anchor.pem', own.anchorPem);
    // As the agent writes them; options of a socket stand at one block only.
    return names
      .map(
        (
          name,
          index,
        ) => `server { server_name ${name}; ssl_certificate ${certificate}; ssl_certificate_key ${key};
  ssl_client_certificate ${anchor}; ssl_verify_client on; ssl_conf_command VerifyMode Require; ssl_verify_depth 1;
  ssl_session_tickets off; ssl_session_cache off;
  ${index === 0 ? tenant.listen : tenant.listenAgain} root ${tenant.root}; }`,
      )
      .join('\n');
  }

  return {
    async measure({ form, count }) {
      progress(`${form}: starting nginx with ${count} pseudonyms`);
      const start = (await tenant.serveWith(serverLines(String(form), Number(count)))) / 1000;
      const latency = async (path: string) => {
        const times: number[] = [];
        for (let turn = 0; turn < parameters.settings.accesses!; turn++)
          times.push((await fetch(cloud.client(), target, path, signal)).milliseconds);
        return spread(times).median;
      };
      await fetch(cloud.client(), target, paths.small!, signal);
      const small = await latency(paths.small!);
      const large = await latency(paths.large!);
      return { small, large, memory: tenant.memory() / 2 ** 20, start };
    },
    close: () => cloud.close(),
  };
}

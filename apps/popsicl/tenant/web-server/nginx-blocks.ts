import { X509Certificate } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerMaterial } from '../../model.js';
import { CHANGE_LIMIT } from '../change-limit.js';
import { TenantError } from '../tenant-error.js';
import { checkMaterial, checkName } from './check-material.js';
import { DurableFolder } from './durable-folder.js';
import { type NginxWeb, nginxWeb } from './nginx-web.js';
import { ReloadBatches } from './reload-batches.js';
import { shownCertificate } from './shown-certificate.js';
import type { WebServer } from './web-server.js';

export interface NginxBlocksOptions {
  /** Included by nginx: `include FOLDER/*.conf;` in the http block. */
  readonly folder: string;
  /** Lines of nginx in every block, such as `listen 443 ssl; root /srv/www;`; included from a file. */
  readonly site: string;
  /** Makes nginx read its configuration again. @throws TenantError */
  readonly reload: () => Promise<void>;
  /** Where nginx answers. */
  readonly host: string;
  readonly port: number;
  /** What nginx does for pages, and how it knows the capability; absent: nothing. */
  readonly web?: { readonly kind: NginxWeb; capabilityOf(name: string): Promise<string | undefined> };
  /** Milliseconds that a change may take until nginx answers by it. */
  readonly patience?: number;
}

const SUFFIX = '.conf';
/** The first of a pseudonym's files to come and the last to go. */
const KEY_SUFFIX = '.key';

/**
 * nginx as in 5.3: a server block for each pseudonym, and a reload for each change (several at once share one). A client
 * without a certificate is refused in the handshake; that of a client with a wrong one completes, as nginx has it, and the
 * connection is closed without an answer.
 */
export class NginxBlocks implements WebServer {
  readonly label = 'nginx-blocks';
  private readonly options: NginxBlocksOptions;
  private readonly folder: DurableFolder;
  private readonly reloads: ReloadBatches;

  constructor(options: NginxBlocksOptions) {
    this.options = options;
    this.folder = new DurableFolder(options.folder);
    this.reloads = new ReloadBatches({ reload: options.reload, patience: options.patience ?? CHANGE_LIMIT });
  }

  async put(material: ServerMaterial): Promise<void> {
    checkMaterial(material);
    const { name } = material;
    const before = (await this.isServed(name)) ? await this.read(name) : undefined;
    const own = new X509Certificate(material.certificatePem).fingerprint256;
    try {
      await this.write(material);
      await this.reloads.apply(async () => (await this.shown(name))?.fingerprint256 === own);
    } catch (error) {
      await (before === undefined ? this.forget(name) : this.write(before));
      // Not waited for: the answer would come too late. Who removes the name asks nginx whether it still has it.
      void this.catchUp();
      throw error;
    }
  }

  /** The block comes last, also on the disk: what it names is there, or nginx would not start. */
  private async write({ name, certificatePem, keyPem, anchorPem }: ServerMaterial): Promise<void> {
    const block = this.block(name, await this.web(name));
    await this.folder.write(name + KEY_SUFFIX, keyPem);
    await this.folder.write(`${name}.anchor.pem`, anchorPem);
    await this.folder.write(`${name}.pem`, certificatePem);
    await this.folder.sync();
    await this.folder.write(name + SUFFIX, block);
    await this.folder.sync();
  }

  /**
   * To be called when the agent starts: one that was killed may have changed files that nginx has not read again, and a
   * pseudonym whose files are gone is served until it has. Where nginx does not run, it reads them when it starts.
   */
  async catchUp(): Promise<void> {
    await this.reloads.apply(async () => true).catch(() => {});
  }

  async remove(name: string): Promise<void> {
    checkName(name);
    const wasServed = await this.isServed(name);
    // Also what is left where the agent was killed between two of its files.
    await this.forget(name);
    // Without files it is served where a reload that was to end that has failed.
    if (!wasServed && !(await this.serves(name))) return;
    await this.reloads.apply(async () => !(await this.serves(name)));
  }

  async read(name: string): Promise<ServerMaterial | undefined> {
    checkName(name);
    if (!(await this.isServed(name))) return undefined;
    try {
      const [keyPem, anchorPem, certificatePem] = await Promise.all(
        [KEY_SUFFIX, '.anchor.pem', '.pem'].map(suffix => readFile(this.file(name, suffix), 'utf8')),
      );
      return { name, certificatePem: certificatePem!, keyPem: keyPem!, anchorPem: anchorPem! };
    } catch {
      return undefined;
    }
  }

  async names(): Promise<string[]> {
    const files = await readdir(this.options.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const names = files.flatMap(file => {
      const suffix = file.startsWith('.') ? undefined : [SUFFIX, KEY_SUFFIX].find(end => file.endsWith(end));
      return suffix === undefined ? [] : [file.slice(0, -suffix.length)];
    });
    return [...new Set(names)];
  }

  private isServed(name: string): Promise<boolean> {
    return access(this.file(name, SUFFIX)).then(
      () => true,
      () => false,
    );
  }

  /** Whether nginx answers to the name with a certificate of its own; also where it does not answer in time. */
  private async serves(name: string): Promise<boolean> {
    try {
      const certificate = await this.shown(name);
      return certificate?.checkHost(name, { subject: 'never', wildcards: false }) !== undefined;
    } catch {
      return true;
    }
  }

  private shown(name: string): Promise<X509Certificate | undefined> {
    return shownCertificate(this.options.host, this.options.port, name);
  }

  private file(name: string, suffix: string): string {
    return join(this.options.folder, name + suffix);
  }

  private async forget(name: string): Promise<void> {
    for (const suffixes of [[SUFFIX], ['.pem', '.anchor.pem', KEY_SUFFIX]]) {
      for (const suffix of suffixes) await this.folder.remove(name + suffix);
      await this.folder.sync();
    }
  }

  private async web(name: string): Promise<{ http: string; server: string }> {
    const { web } = this.options;
    if (!web || web.kind === 'off') return { http: '', server: '' };
    const capability = await web.capabilityOf(name);
    if (capability === undefined) {
      throw new TenantError('bad-material', 'the material of a pseudonym has no capability');
    }
    return nginxWeb(name, capability, web.kind);
  }

  /** Resumption is off: a session of one pseudonym would open another. */
  private block(name: string, web: { http: string; server: string }): string {
    return `${web.http}server {
  server_name ${name};
  ssl_certificate ${this.file(name, '.pem')};
  ssl_certificate_key ${this.file(name, KEY_SUFFIX)};
  ssl_client_certificate ${this.file(name, '.anchor.pem')};
  ssl_verify_client on;
  ssl_conf_command VerifyMode Require;
  ssl_verify_depth 1;
  ssl_session_tickets off;
  ssl_session_cache off;
  error_page 495 496 =444 @refused;
  location @refused { return 444; }
${web.server}  include ${this.options.site};
}
`;
  }
}

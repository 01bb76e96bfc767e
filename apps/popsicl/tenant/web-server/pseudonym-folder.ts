import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerMaterial } from '../../model.js';
import { checkMaterial, checkName } from './check-material.js';
import { DurableFolder } from './durable-folder.js';
import type { WebServer } from './web-server.js';

const SUFFIX = '.pem';
const BLOCK = /-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----\n?/g;

/**
 * A folder of files `NAME.pem`: private key, client trust anchor, server certificate, chain. Web servers that look into
 * it at every handshake (the nginx module, the Node module) need nothing more: a file that is there is served, one that
 * is gone is refused.
 */
export class PseudonymFolder implements WebServer {
  readonly label: string;
  private readonly folder: DurableFolder;

  constructor(folder: string, label = 'folder') {
    this.folder = new DurableFolder(folder);
    this.label = label;
  }

  async put(material: ServerMaterial): Promise<void> {
    checkMaterial(material);
    const { keyPem, anchorPem, certificatePem } = material;
    const lines = [keyPem, anchorPem, certificatePem].map(pem => (pem.endsWith('\n') ? pem : `${pem}\n`));
    await this.folder.write(material.name + SUFFIX, lines.join(''));
    await this.folder.sync();
  }

  async remove(name: string): Promise<void> {
    checkName(name);
    await this.folder.remove(name + SUFFIX);
    await this.folder.sync();
  }

  async read(name: string): Promise<ServerMaterial | undefined> {
    checkName(name);
    const text = await readFile(join(this.folder.path, name + SUFFIX), 'utf8').catch(() => '');
    const [keyPem, anchorPem, ...chain] = text.match(BLOCK) ?? [];
    if (keyPem === undefined || anchorPem === undefined || chain.length === 0) return undefined;
    return { name, certificatePem: chain.join(''), keyPem, anchorPem };
  }

  async names(): Promise<string[]> {
    const files = await readdir(this.folder.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return files
      .filter(file => file.endsWith(SUFFIX) && !file.startsWith('.'))
      .map(file => file.slice(0, -SUFFIX.length));
  }
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CloudFacts } from '../../model.js';
import { TenantError } from '../tenant-error.js';
import { checkName } from '../web-server/check-material.js';
import { DurableFolder } from '../web-server/durable-folder.js';

export const CAPABILITY_SUFFIX = '.capability';
export const CLOUD_FILE = 'cloud.json';
const CAPABILITY = /^[A-Za-z0-9_-]{22,128}$/;

/** Whether the content of a file is a capability; one that is empty or cut off would be easily guessed. */
export const isCapability = (text: string): boolean => CAPABILITY.test(text);

/**
 * What the tenant's web application needs besides certificates: a file `NAME.capability` for each pseudonym, with nothing but
 * the capability in it, and `cloud.json`. Written by the agent alone, each in one step; read as in `capability-files.ts`.
 */
export class CapabilityFolder {
  private readonly folder: DurableFolder;

  constructor(folder: string) {
    this.folder = new DurableFolder(folder);
  }

  /** @throws TenantError `bad-name`, `bad-material` */
  async put(name: string, capability: string): Promise<void> {
    checkName(name);
    if (!isCapability(capability)) {
      throw new TenantError('bad-material', 'the material of a pseudonym has no capability');
    }
    await this.write(name + CAPABILITY_SUFFIX, capability);
  }

  /** @throws TenantError `bad-name` */
  async remove(name: string): Promise<void> {
    checkName(name);
    await this.folder.remove(name + CAPABILITY_SUFFIX);
    await this.folder.sync();
  }

  /** Undefined where there is none that is whole. @throws TenantError `bad-name` */
  async read(name: string): Promise<string | undefined> {
    checkName(name);
    const file = join(this.folder.path, name + CAPABILITY_SUFFIX);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    return text !== undefined && isCapability(text) ? text : undefined;
  }

  async names(): Promise<string[]> {
    const files = await readdir(this.folder.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return files
      .filter(file => file.endsWith(CAPABILITY_SUFFIX) && !file.startsWith('.'))
      .map(file => file.slice(0, -CAPABILITY_SUFFIX.length));
  }

  /** Writes nothing where nothing has changed: an agent that connects can do so while its disk is full. */
  async setCloud({ linker, tenants, trusted }: CloudFacts): Promise<void> {
    const content = `${JSON.stringify({ linker, tenants, trusted })}\n`;
    const before = await readFile(join(this.folder.path, CLOUD_FILE), 'utf8').catch(() => undefined);
    if (content !== before) await this.write(CLOUD_FILE, content);
  }

  private async write(file: string, content: string): Promise<void> {
    await this.folder.write(file, content);
    await this.folder.sync();
  }
}

import { readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { CloudFacts } from '../../model.js';
import { isHostName } from '../host-name.js';
import type { CapabilityDirectory } from './capability-directory.js';
import { CAPABILITY_SUFFIX, CLOUD_FILE, isCapability } from './capability-folder.js';

const NOTHING: CloudFacts = { linker: '', tenants: [], trusted: [] };
const cloudSchema = z.object({
  linker: z.string(),
  tenants: z.array(z.string()),
  trusted: z.array(z.string()),
});

/**
 * What the agent has written for the web application, from the same folder. Every look goes to the file system: a capability
 * that was revoked is gone at the next request, and nothing is held in memory for the others.
 */
export class CapabilityFiles implements CapabilityDirectory {
  private readonly folder: string;
  private facts = NOTHING;
  private seen: Stats | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Capability of an active pseudonym, given in any case; undefined for every other name. */
  capabilityOf(anyCase: string): string | undefined {
    const name = anyCase.toLowerCase();
    if (!isHostName(name)) return undefined;
    try {
      const text = readFileSync(join(this.folder, name + CAPABILITY_SUFFIX), 'utf8');
      return isCapability(text) ? text : undefined;
    } catch {
      return undefined;
    }
  }

  /** What is around the tenant; nothing until the controller has told the agent. */
  get cloud(): CloudFacts {
    try {
      const file = join(this.folder, CLOUD_FILE);
      const stats = statSync(file);
      if (this.seen?.ino !== stats.ino || this.seen.mtimeMs !== stats.mtimeMs) {
        this.facts = cloudSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
        this.seen = stats;
      }
    } catch {
      [this.facts, this.seen] = [NOTHING, undefined];
    }
    return this.facts;
  }
}

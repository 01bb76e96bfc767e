import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AppDefinition } from '../app.js';
import { findConflicts } from '../conflicts.js';
import { type AppSetup, setUpApp } from './app-setup.js';
import { ConfigError, type ConfigProblem } from './config-error.js';
import { type ConfigDocument, readDocument } from './document.js';
import { checkValue } from './from-zod.js';
import { type ConfigValues, configSchema } from './schema.js';

/** A configuration that has been checked as a whole: values, apps, and that the apps can live together. */
export interface Config extends Omit<ConfigValues, 'apps'> {
  /** Absolute path of the file it came from; undefined when it came from none. */
  readonly file: string | undefined;
  readonly apps: readonly AppSetup[];
}

/** What is used when no file is given: one learning switch that listens on the loopback address. */
const DEFAULT_TEXT = 'apps: [learning-switch]\n';

/** Reads and checks a file; without one, the default configuration. Throws ConfigError with every problem. */
export async function loadConfig(
  file: string | undefined,
  builtIn: readonly AppDefinition[],
): Promise<Config> {
  if (file === undefined) return parseConfig(DEFAULT_TEXT, { builtIn });
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem: ConfigProblem =
      code === 'ENOENT'
        ? { code: 'config-missing', message: 'there is no such file', path: [] }
        : { code: 'config-unreadable', message: `the file cannot be read (${code})`, path: [] };
    throw new ConfigError(file, [problem], error);
  }
  return parseConfig(text, { file, builtIn });
}

export interface ParseOptions {
  /** Name of the file for messages, and where relative paths start. */
  file?: string;
  builtIn: readonly AppDefinition[];
}

/** Checks the text of a configuration. Throws ConfigError with every problem that it finds. */
export async function parseConfig(text: string, { file, builtIn }: ParseOptions): Promise<Config> {
  const document = readDocument(text);
  if (document.problems.length > 0) throw new ConfigError(file, document.problems);
  const checked = checkValue(configSchema, document.value ?? {}, [], document);
  const sources = { builtIn, base: resolve(file ?? './config') };
  if (!('value' in checked)) {
    // What is wrong elsewhere keeps no fault of an app from being told.
    const entries = configSchema.shape.apps.safeParse((document.value as { apps?: unknown } | null)?.apps);
    const more = entries.success ? (await setUpApps(entries.data, document, sources)).problems : [];
    throw new ConfigError(file, [...checked.problems, ...more].sort(byPlace));
  }
  const { apps, problems } = await setUpApps(checked.value.apps, document, sources);
  if (problems.length > 0) throw new ConfigError(file, problems);
  return { ...checked.value, apps, file: file === undefined ? undefined : resolve(file) };
}

function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

async function setUpApps(
  entries: ConfigValues['apps'],
  document: ConfigDocument,
  sources: { builtIn: readonly AppDefinition[]; base: string },
): Promise<{ apps: AppSetup[]; problems: ConfigProblem[] }> {
  const apps: AppSetup[] = [];
  const problems: ConfigProblem[] = [];
  for (const [index, entry] of entries.entries()) {
    const result = await setUpApp(entry, ['apps', index], sources, document);
    if ('setup' in result) apps.push(result.setup);
    else problems.push(...result.problems);
  }
  if (problems.length > 0) return { apps, problems };
  const planned = apps.map(({ instance, definition: { tables, endsPipeline } }) => ({
    instance,
    tables,
    endsPipeline,
  }));
  for (const { index, message, mend } of findConflicts(planned)) {
    const path = ['apps', index];
    problems.push({ code: 'app-conflict', message, mend, path, ...document.placeOf(path) });
  }
  return { apps, problems };
}

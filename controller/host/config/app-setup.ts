import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AppDefinition } from '../app.js';
import { isAppDefinition } from './app-shape.js';
import type { ConfigProblem } from './config-error.js';
import type { ConfigDocument } from './document.js';
import { checkValue } from './from-zod.js';
import { nearestName } from './nearest-name.js';

/** An app as the configuration wants it: which, under what name, and with what settings. */
export interface AppSetup {
  readonly instance: string;
  readonly definition: AppDefinition;
  readonly config: unknown;
}

const INSTANCE_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const NAME_KEY = 'name';

export interface AppSources {
  /** Built-in apps. */
  builtIn: readonly AppDefinition[];
  /** Folder or file that relative module paths start from. */
  base: string;
}

/**
 * Resolves one entry of `apps`. An entry is `learning-switch`, `learning-switch: {…}`, the same with a sibling
 * `name`, or `./module.js` in the place of the app's name for an app of one's own.
 */
export async function setUpApp(
  entry: unknown,
  path: readonly (string | number)[],
  sources: AppSources,
  document: ConfigDocument | undefined,
): Promise<{ setup: AppSetup; problems: [] } | { problems: ConfigProblem[] }> {
  const at = (where: readonly (string | number)[]) => ({ path: where, ...document?.placeOf(where) });
  const bad = (message: string, mend?: string): { problems: ConfigProblem[] } => ({
    problems: [{ code: 'config-bad-value', message, ...at(path), ...(mend === undefined ? {} : { mend }) }],
  });
  let appName: string;
  let settings: unknown;
  let instance: unknown;
  if (typeof entry === 'string') {
    appName = entry;
  } else {
    const mapping = entry as Record<string, unknown>;
    const names = Object.keys(mapping).filter(key => key !== NAME_KEY);
    if (names.length !== 1)
      return bad('an app entry names one app', 'begin every app with a dash of its own');
    appName = names[0]!;
    settings = mapping[appName];
    instance = mapping[NAME_KEY];
  }
  const found = await findApp(appName, sources);
  if (!('name' in found)) return { problems: [{ ...found, ...at(path) }] };
  if (instance !== undefined && (typeof instance !== 'string' || !INSTANCE_NAME.test(instance))) {
    return bad('`name` is no instance name', 'use lower-case words joined by hyphens, such as edge-switch');
  }
  const settingsPath = typeof entry === 'string' ? path : [...path, appName];
  const checked = checkValue(found.config, settings ?? {}, settingsPath, document);
  if (!('value' in checked)) return checked;
  return {
    setup: {
      instance: (instance as string | undefined) ?? found.name,
      definition: found,
      config: checked.value,
    },
    problems: [],
  };
}

type Trouble = Pick<ConfigProblem, 'code' | 'message' | 'mend'>;

async function findApp(name: string, sources: AppSources): Promise<AppDefinition | Trouble> {
  if (/^(\.{0,2}\/|file:)/.test(name)) return loadModule(name, sources.base);
  const builtIn = sources.builtIn.find(app => app.name === name);
  if (builtIn !== undefined) return builtIn;
  const names = sources.builtIn.map(app => app.name);
  const near = nearestName(name, names);
  return {
    code: 'app-unknown',
    message: `unknown app ${JSON.stringify(name)}`,
    mend: near === undefined ? `known apps: ${names.join(', ')}` : `did you mean ${JSON.stringify(near)}?`,
  };
}

/** A module of one's own exports its definition as `app`. */
async function loadModule(name: string, base: string): Promise<AppDefinition | Trouble> {
  const file = name.startsWith('file:') ? new URL(name) : pathToFileURL(resolve(dirname(base), name));
  try {
    await access(file);
  } catch {
    return { code: 'app-unknown', message: `there is no file ${JSON.stringify(name)}` };
  }
  let module: { app?: unknown };
  try {
    module = (await import(file.href)) as { app?: unknown };
  } catch (error) {
    return { code: 'app-load-failed', message: `${name} cannot be loaded: ${(error as Error).message}` };
  }
  if (isAppDefinition(module.app)) return module.app;
  return {
    code: 'app-load-failed',
    message: `${name} is no app`,
    mend: 'export the definition under the name `app`',
  };
}

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Experiment, Size } from './experiment.js';
import { ExperimentError } from './experiment-error.js';

const NATIVE = fileURLToPath(new URL('../../../native/build/', import.meta.url));
/** Debian's Python, whatever else is called python3 on the path. */
export const PYTHON = '/usr/bin/python3';
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Sees before anything starts that it can. @throws ExperimentError `not-root`, `tool-missing`, `too-little-memory` */
export function checkRequirements({ name, needs }: Experiment, size: Size): void {
  const { root = false, tools = {}, python = {}, node = [], native = [], memoryGiB } = needs;
  if (root && process.getuid?.() !== 0)
    throw new ExperimentError('not-root', `${name} builds networks, and that needs root`, {
      mend: 'run it with sudo',
    });
  const missing = new Map<string, string>();
  for (const [tool, debian] of Object.entries(tools)) if (!hasTool(tool)) missing.set(tool, debian);
  for (const [module, debian] of Object.entries(python))
    if (!hasPythonModule(module)) missing.set(`Python's ${module}`, debian);
  if (missing.size > 0)
    throw new ExperimentError('tool-missing', `${name} needs ${[...missing.keys()].join(', ')}`, {
      mend: `apt-get install ${[...new Set(missing.values())].join(' ')}`,
    });
  const absent = node.filter(one => !hasPackage(one));
  if (absent.length > 0)
    throw new ExperimentError('tool-missing', `${name} needs ${absent.join(', ')}`, {
      mend: `run it in a checkout of cloakflow, or npm install ${absent.join(' ')}`,
    });
  const unbuilt = native.filter(file => !existsSync(join(NATIVE, file)));
  if (unbuilt.length > 0)
    throw new ExperimentError(
      'tool-missing',
      `${name} needs native/build/${unbuilt.join(', native/build/')}`,
      {
        mend: `node ${fileURLToPath(new URL('../../../native/build.mjs', import.meta.url))} builds them`,
      },
    );
  const wanted = memoryGiB?.[size] ?? 0;
  const free = availableGiB();
  if (free < wanted)
    throw new ExperimentError(
      'too-little-memory',
      `${name} with --${size} needs ${wanted} GiB of free memory, and there are ${free.toFixed(1)}`,
      { mend: 'end other programs, take a smaller size, or set smaller parameters' },
    );
}

function hasTool(tool: string): boolean {
  if (tool.startsWith('/')) return existsSync(tool);
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SBIN];
  return folders.some(folder => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function hasPackage(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

function hasPythonModule(module: string): boolean {
  const script = 'import importlib.util,sys;sys.exit(importlib.util.find_spec(sys.argv[1]) is None)';
  return spawnSync(PYTHON, ['-c', script, module], { stdio: 'ignore' }).status === 0;
}

function availableGiB(): number {
  const [, kibibytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
  return Number(kibibytes) / 2 ** 20;
}

/** Builds the native programs at install time. Without a C compiler it says so in one line and goes on. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
if (!existsSync(join(folder, 'Makefile'))) process.exit(0);
if (spawnSync('make', ['--version']).status !== 0 || spawnSync('cc', ['--version']).status !== 0) {
  console.error(
    'cloakflow: no C compiler or make: the native programs are not built (apt-get install build-essential)',
  );
  process.exit(0);
}
process.exit(spawnSync('make', ['-s', '-C', folder], { stdio: 'inherit' }).status ?? 1);

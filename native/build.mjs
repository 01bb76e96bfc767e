/** Builds the native programs at install time. What cannot be built for want of a tool is named in one line, and installing goes on. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const answers = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

if (!existsSync(join(folder, 'Makefile'))) process.exit(0);
if (!answers('make', '--version') || !answers('cc', '--version')) {
  say('no C compiler or make: the native programs are not built (apt-get install build-essential)');
  process.exit(0);
}
const status = make('all');
const lacking = lackingForBpf();
if (lacking) say(`tenants on this machine hand over with 'repair' instead of 'cookie': ${lacking}`);
else if (make('handoff-bpf') !== 0) say("handoff-bpf does not build: 'repair' is used instead of 'cookie'");
if (!existsSync('/usr/share/nginx/src/conf_flags'))
  say(
    'the nginx module is not built: nginx here needs a server block for each pseudonym (apt-get install nginx-dev)',
  );
else if (make('nginx-module') !== 0)
  say('the nginx module does not build: nginx here needs a server block for each pseudonym');
process.exit(status);

function make(target) {
  return spawnSync('make', ['-s', '-C', folder, target], { stdio: 'inherit' }).status ?? 1;
}

/** What keeps the tc-BPF program from being built here, in words; undefined when nothing does. */
function lackingForBpf() {
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'the kernel has no BTF';
  if (!answers('clang', '--version')) return 'no clang (apt-get install clang bpftool libbpf-dev)';
  if (!answers('bpftool', 'version')) return 'no bpftool (apt-get install bpftool)';
  if (!existsSync('/usr/include/bpf/bpf_helpers.h'))
    return 'no headers of libbpf (apt-get install libbpf-dev)';
  const types = spawnSync('bpftool', ['btf', 'dump', 'file', '/sys/kernel/btf/vmlinux'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (!types.stdout?.includes("'bpf_sk_assign_tcp_reqsk'")) return 'the kernel is older than Linux 6.8';
  return undefined;
}

function say(text) {
  console.error(`cloakflow: ${text}`);
}

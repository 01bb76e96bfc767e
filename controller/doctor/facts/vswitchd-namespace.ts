import { readdir, readFile, readlink } from 'node:fs/promises';

/**
 * The words that get a command into the network namespace of the ovs-vswitchd behind a control socket; none when it
 * shares ours or cannot be found.
 */
export async function vswitchdNamespace(controlSocket: string | undefined): Promise<string[]> {
  if (controlSocket === undefined) return [];
  const pid = /\.(\d+)\.ctl$/.exec(controlSocket)?.[1] ?? (await findDaemon(controlSocket));
  if (pid === undefined) return [];
  try {
    const [own, its] = await Promise.all(['self', pid].map(process => readlink(`/proc/${process}/ns/net`)));
    return own === its ? [] : ['nsenter', `--net=/proc/${pid}/ns/net`, '--'];
  } catch {
    return [];
  }
}

/** The ovs-vswitchd that was told to listen on `controlSocket`. */
async function findDaemon(controlSocket: string): Promise<string | undefined> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const [program, ...words] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
      if (program?.endsWith('ovs-vswitchd') && words.includes(`--unixctl=${controlSocket}`)) return pid;
    } catch {
      // The process has ended meanwhile.
    }
  }
  return undefined;
}

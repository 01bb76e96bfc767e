/**
 * Words that run a command with an `/etc` of its own: a copy in memory that goes with it. For DHCP clients, whose
 * scripts write resolv.conf: without this they would take the machine's name servers away.
 */
export function withOwnEtc(argv: readonly string[]): string[] {
  const script =
    'mount -t tmpfs etc /mnt; cp -a /etc/. /mnt/; rm -f /mnt/resolv.conf; touch /mnt/resolv.conf; ' +
    'mount --bind /mnt /etc; exec "$@"';
  return ['unshare', '--mount', '--', 'sh', '-ec', script, 'sh', ...argv];
}

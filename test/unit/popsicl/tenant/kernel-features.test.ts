import { expect } from 'chai';
import {
  cookieHindrances,
  type KernelFacts,
} from '../../../../apps/popsicl/tenant/kernel/kernel-features.js';

const SETTINGS = '/proc/sys/net/ipv4/';

function kernel(
  changes: Record<string, string | undefined> = {},
  facts: Partial<KernelFacts> = {},
): KernelFacts {
  const files: Record<string, string | undefined> = {
    '/x/handoff.bpf.o': 'ELF',
    '/sys/kernel/btf/vmlinux': 'BTF',
    [`${SETTINGS}tcp_syncookies`]: '1\n',
    [`${SETTINGS}tcp_sack`]: '1\n',
    [`${SETTINGS}tcp_timestamps`]: '1\n',
    [`${SETTINGS}tcp_window_scaling`]: '1\n',
    ...changes,
  };
  return { release: '6.8.0-31-generic', read: async file => files[file], run: async () => '', ...facts };
}

const hindrances = (facts: KernelFacts) => cookieHindrances('/x/handoff.bpf.o', 443, facts);

describe('what keeps a tenant from taking connections over by cookie', () => {
  it('is nothing on Linux 6.8 and later with BTF and the usual settings', async () => {
    for (const release of ['6.8.0-31-generic', '6.18.44', '7.0-rc1', '10.2'])
      expect(await hindrances(kernel({}, { release }))).to.deep.equal([]);
    const loose = kernel({ '/proc/sys/net/netfilter/nf_conntrack_tcp_loose': '1\n' });
    expect(await hindrances(loose)).to.deep.equal([]);
  });

  it('is an older kernel', async () => {
    for (const release of ['6.7.12', '5.15.0-1', '4.2.0', '6.1.0-18-amd64'])
      expect(await hindrances(kernel({}, { release }))).to.deep.equal(['old-kernel']);
  });

  it('is each missing piece and setting by its own name', async () => {
    for (const [file, content, hindrance] of [
      ['/x/handoff.bpf.o', undefined, 'no-bpf-program'],
      ['/sys/kernel/btf/vmlinux', undefined, 'no-btf'],
      [`${SETTINGS}tcp_syncookies`, '0\n', 'syncookies-off'],
      [`${SETTINGS}tcp_sack`, '0\n', 'sack-off'],
      [`${SETTINGS}tcp_timestamps`, '0\n', 'timestamps-off'],
      [`${SETTINGS}tcp_window_scaling`, '0\n', 'window-scaling-off'],
      ['/proc/sys/net/netfilter/nf_conntrack_tcp_loose', '0\n', 'conntrack-strict'],
    ] as const)
      expect(await hindrances(kernel({ [file]: content }))).to.deep.equal([hindrance]);
  });

  it('is a listener with MPTCP on the port', async () => {
    const run = async (argv: readonly string[]) =>
      argv.includes('sport = :443') ? 'LISTEN 0 4096 *:443 *:*\n' : '';
    expect(await hindrances(kernel({}, { run }))).to.deep.equal(['mptcp-listener']);
    const broken = async () => {
      throw new Error('no ss');
    };
    expect(await hindrances(kernel({}, { run: broken }))).to.deep.equal([]);
  });
});

import { runTool, runToolJson } from './run-tool.js';

interface Link {
  ifindex: number;
  ifname: string;
  link_index?: number;
  link_netnsid?: number;
  linkinfo?: { info_kind?: string };
}

/**
 * Looks behind those of `names` that are one end of a veth pair: does the other end leave checksums open?
 * `prefix` are the words that get a command into the namespace of ovs-vswitchd, where the names are. The other
 * end is found in whatever namespace it is, as long as a process lives there. Gives the device and the command
 * that mends it, by name; what cannot be found out is left out.
 */
export async function findOpenChecksums(
  names: readonly string[],
  prefix: readonly string[],
): Promise<Map<string, { device: string; command: string }>> {
  const found = new Map<string, { device: string; command: string }>();
  const links = asLinks(await runToolJson([...prefix, 'ip', '-details', '-json', 'link']));
  const veths = links.filter(link => names.includes(link.ifname) && link.linkinfo?.info_kind === 'veth');
  if (veths.length === 0) return found;
  const namespaces = await namespacePids(prefix);
  for (const veth of veths) {
    const pid = veth.link_netnsid === undefined ? undefined : namespaces.get(veth.link_netnsid);
    if (veth.link_netnsid !== undefined && pid === undefined) continue;
    const inside = pid === undefined ? prefix : ['nsenter', `--net=/proc/${pid}/ns/net`, '--'];
    const peers = pid === undefined ? links : asLinks(await runToolJson([...inside, 'ip', '-json', 'link']));
    const peer = peers.find(link => link.ifindex === veth.link_index);
    if (peer === undefined) continue;
    const features = await runTool([...inside, 'ethtool', '-k', peer.ifname]);
    if (features === undefined || !/^tx-checksumming: on/m.test(features.stdout)) continue;
    const mend = `ethtool -K ${peer.ifname} tx off`;
    found.set(veth.ifname, {
      device: pid === undefined ? peer.ifname : `${peer.ifname} in the namespace of process ${pid}`,
      command: pid === undefined ? mend : `nsenter -t ${pid} -n ${mend}`,
    });
  }
  return found;
}

/** A process in each network namespace, by the id that ovs-vswitchd's namespace has for it. */
async function namespacePids(prefix: readonly string[]): Promise<Map<number, number>> {
  const listed = await runToolJson([...prefix, 'lsns', '--type', 'net', '--json', '--output', 'NETNSID,PID']);
  const rows = (listed as { namespaces?: { netnsid: string | number; pid: string | number }[] } | undefined)
    ?.namespaces;
  const pids = new Map<number, number>();
  for (const { netnsid, pid } of rows ?? []) {
    if (/^\d+$/.test(String(netnsid))) pids.set(Number(netnsid), Number(pid));
  }
  return pids;
}

function asLinks(json: unknown): Link[] {
  return Array.isArray(json) ? (json as Link[]) : [];
}

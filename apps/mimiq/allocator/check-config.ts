import type { z } from 'zod';
import { parseIpv4, parseIpv6 } from '../../../controller/address/index.js';
import { hasPrefix } from '../address-bits.js';
import type { allocatorKeys } from './config-keys.js';
import { parseIpv4Prefix, parseIpv6Prefix } from './prefix.js';

type AllocatorConfig = z.output<typeof allocatorKeys>;

/** Something that a configuration cannot mean, with the path of the key that should change. */
export interface ConfigProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Everything that the schema alone does not see: relations between keys. Empty when all is well. */
export function checkAllocatorConfig(config: AllocatorConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const say = (path: (string | number)[], message: string) => problems.push({ path, message });
  if (config.lifetime.min > config.lifetime.max) say(['lifetime', 'min'], 'is longer than lifetime.max');
  checkIpv4(config, say);
  checkIpv6(config, say);
  if (config.ipv6.length > 0) checkAliases(config, say);
  return problems;
}

type Say = (path: (string | number)[], message: string) => void;

function checkIpv4(config: AllocatorConfig, say: Say): void {
  const ranges = config.ipv4.map(pool => parseIpv4Prefix(pool.prefix)!);
  for (const [index, pool] of config.ipv4.entries()) {
    const { first, length } = ranges[index]!;
    const end = first + 2 ** (32 - length);
    const gateway = parseIpv4(pool.gateway);
    if (gateway <= first || gateway >= end - 1)
      say(['ipv4', index, 'gateway'], 'is no host address of the prefix');
    for (const other of ranges.slice(0, index)) {
      if (other.first < end && first < other.first + 2 ** (32 - other.length)) {
        say(['ipv4', index, 'prefix'], 'overlaps another pool');
      }
    }
  }
}

function checkIpv6(config: AllocatorConfig, say: Say): void {
  const prefixes = config.ipv6.map(pool => parseIpv6Prefix(pool.prefix)!);
  const { bits } = config.aliases;
  for (const [index, pool] of config.ipv6.entries()) {
    const { prefix, length } = prefixes[index]!;
    const path = ['ipv6', index];
    const gateway = parseIpv6(pool.gateway)!;
    const linkLocal = gateway[0] === 0xfe && (gateway[1]! & 0xc0) === 0x80;
    if (!linkLocal && !hasPrefix(gateway, prefix, length)) {
      say([...path, 'gateway'], 'is neither link-local nor in the prefix');
    }
    for (const [at, other] of prefixes.entries()) {
      if (at >= index) break;
      if (hasPrefix(prefix, other.prefix, Math.min(length, other.length))) {
        say([...path, 'prefix'], 'overlaps another pool');
      }
    }
    const offset = pool.aliasOffset ?? length;
    if (offset < length || offset + bits > 128) {
      say([...path, 'aliasOffset'], `puts ${bits} alias bits outside the ${128 - length} non-prefix bits`);
      continue;
    }
    checkRoom(config, length, path, say);
  }
}

/** The paper's xy <= 2^l (3.3), and that clients fit into what alias bits leave over. */
function checkRoom(config: AllocatorConfig, length: number, path: (string | number)[], say: Say): void {
  const { maxClients, maxSwitches, aliases, limits } = config;
  const nonPrefix = 128 - length;
  if (maxClients * maxSwitches > 2 ** nonPrefix) {
    say(
      [...path, 'prefix'],
      `has ${nonPrefix} non-prefix bits, too few for ${maxClients} clients x ${maxSwitches} switches (xy <= 2^l)`,
    );
  }
  const host = nonPrefix - aliases.bits;
  const room = aliases.perSwitch * 2 ** (host - 1);
  if (room < Math.max(maxClients, limits.perClient)) {
    say([...path, 'prefix'], `leaves ${host} host bits, too few for ${maxClients} clients at one switch`);
  }
}

function checkAliases(config: AllocatorConfig, say: Say): void {
  const { bits, period, periods, perSwitch } = config.aliases;
  // One period more than they are valid: an alias that ended rests before another switch gets it.
  const names = config.maxSwitches * perSwitch * (periods + 2);
  if (names > 2 ** (bits - 1)) {
    say(
      ['aliases', 'bits'],
      `${bits} bits are too few: ${config.maxSwitches} switches x ${perSwitch} aliases x ${periods} periods must fill half of them at most`,
    );
  }
  if ((periods - 1) * period < config.lifetime.max + config.removeAfter) {
    say(
      ['aliases', 'period'],
      'is too short: (periods - 1) x period must cover lifetime.max + removeAfter, or addresses outlive their alias',
    );
  }
}

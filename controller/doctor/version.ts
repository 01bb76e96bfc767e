/** Major, minor and patch of a version, missing parts 0: '6.8.0-41-generic' is [6, 8, 0]. */
export function readVersion(text: string): [number, number, number] {
  const parts = /(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text);
  return [Number(parts?.[1] ?? 0), Number(parts?.[2] ?? 0), Number(parts?.[3] ?? 0)];
}

export function atLeast(version: string, least: string): boolean {
  const [a, b] = [readVersion(version), readVersion(least)];
  const differing = a.findIndex((part, index) => part !== b[index]);
  return differing === -1 || a[differing]! > b[differing]!;
}

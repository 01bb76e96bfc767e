/** Names of the reasons for which a role gets each kind of message; none where absent. */
interface Reasons {
  packetIn?: string;
  portStatus?: string;
  flowRemoved?: string;
}

/** What Open vSwitch prints of an asynchronous configuration. */
export function asyncText(primary: Reasons, secondary: Reasons): string[] {
  return [' primary:', ...ofRole(primary), '', ' secondary:', ...ofRole(secondary)];
}

function ofRole({ packetIn, portStatus, flowRemoved }: Reasons): string[] {
  const rows = [
    ['PACKET_IN', packetIn],
    ['PORT_STATUS', portStatus],
    ['FLOW_REMOVED', flowRemoved],
    ['ROLE_STATUS', undefined],
    ['TABLE_STATUS', undefined],
    ['REQUESTFORWARD', undefined],
  ] as const;
  return rows.map(([name, reasons]) => `${name.padStart(16)}: ${reasons ?? '(off)'}`);
}

/** EtherTypes (IEEE 802 numbers, IANA registry). Values below 0x0600 in that field are 802.3 lengths. */
export const EtherType = {
  IPV4: 0x0800,
  ARP: 0x0806,
  VLAN: 0x8100,
  IPV6: 0x86dd,
  MPLS: 0x8847,
  SERVICE_VLAN: 0x88a8,
  LLDP: 0x88cc,
  /** Outer tags of equipment older than IEEE 802.1ad. */
  OLD_SERVICE_VLAN: 0x9100,
} as const;

/** Largest value of the type field that is a length (IEEE 802.3 clause 3.2.6). */
export const MAX_LENGTH_FIELD = 1500;

/** Whether a VLAN tag follows the type field. */
export function isVlanTag(etherType: number): boolean {
  return (
    etherType === EtherType.VLAN ||
    etherType === EtherType.SERVICE_VLAN ||
    etherType === EtherType.OLD_SERVICE_VLAN
  );
}

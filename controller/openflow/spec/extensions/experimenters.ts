/** Experimenter ids of the extensions. */
export const NICIRA = 0x2320;
export const ONF = 0x4f4e4600;
/** Network service headers, as Open vSwitch numbers their fields. */
export const NSH = 0x005ad650;

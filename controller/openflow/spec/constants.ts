/** Reserved numbers of the core protocol. */
import { constants } from './dsl.js';

export const coreConstants = [
  constants(
    'Port',
    { section: '7.2.1', doc: 'Reserved port numbers.' },
    {
      MAX: 0xffffff00,
      IN_PORT: 0xfffffff8,
      TABLE: 0xfffffff9,
      NORMAL: 0xfffffffa,
      FLOOD: 0xfffffffb,
      ALL: 0xfffffffc,
      CONTROLLER: 0xfffffffd,
      LOCAL: 0xfffffffe,
      ANY: 0xffffffff,
    },
  ),
  constants(
    'Group',
    { section: '7.3.4.2', doc: 'Reserved group numbers.' },
    {
      MAX: 0xffffff00,
      ALL: 0xfffffffc,
      ANY: 0xffffffff,
    },
  ),
  constants(
    'Meter',
    { section: '7.3.4.4', doc: 'Reserved meter numbers.' },
    {
      MAX: 0xffff0000,
      SLOWPATH: 0xfffffffd,
      CONTROLLER: 0xfffffffe,
      ALL: 0xffffffff,
    },
  ),
  constants('Table', { section: '7.3.3', doc: 'Reserved table numbers.' }, { MAX: 0xfe, ALL: 0xff }),
  constants('Queue', { section: '7.3.6', doc: 'Reserved queue numbers.' }, { ALL: 0xffffffff }),
  constants(
    'QueueRate',
    { section: '7.2.2', doc: 'Rates above 1000 (tenths of a percent) are unset.' },
    {
      MAX: 1000,
      UNCONFIGURED: 0xffff,
    },
  ),
  constants(
    'ControllerMaxLen',
    { section: '7.2.5', doc: 'How much of a packet goes to the controller.' },
    {
      MAX: 0xffe5,
      NO_BUFFER: 0xffff,
    },
  ),
  constants(
    'BufferId',
    { section: '7.3.7', doc: 'The packet is in the message, not in the switch.' },
    {
      NO_BUFFER: 0xffffffff,
    },
  ),
  constants(
    'VlanVid',
    { section: '7.2.3.7', doc: 'vlanVid: NONE is untagged, PRESENT the bit of a tag.' },
    {
      NONE: 0,
      PRESENT: 0x1000,
    },
  ),
  constants(
    'Ipv6Exthdr',
    { section: '7.2.3.7', doc: 'Bits of ipv6Exthdr.' },
    {
      NONEXT: 1,
      ESP: 2,
      AUTH: 4,
      DEST: 8,
      FRAG: 0x10,
      ROUTER: 0x20,
      HOP: 0x40,
      UNREP: 0x80,
      UNSEQ: 0x100,
    },
  ),
  constants(
    'Priority',
    { section: '7.3.4.1', doc: 'Priority of a flow that names none.' },
    { DEFAULT: 0x8000 },
  ),
];

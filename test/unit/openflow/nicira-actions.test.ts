import { pinsAction } from './extension-vector.js';
import { annotated } from './vector.js';

describe('openflow vectors of Nicira actions', () => {
  pinsAction('NXAST_RESUBMIT', 'ffff 0010 00002320 0001 0003 00000000 // in_port', {
    type: 'nx-resubmit',
    inPort: 3,
  });
  pinsAction('NXAST_SET_TUNNEL', 'ffff 0010 00002320 0002 0000 00001234 // pad, tun_id', {
    type: 'nx-set-tunnel',
    tunId: 0x1234,
  });
  pinsAction('NXAST_POP_QUEUE', 'ffff 0010 00002320 0005 000000000000', { type: 'nx-pop-queue' });
  pinsAction(
    'NXAST_REG_MOVE',
    `ffff 0018 00002320 0006 // EXPERIMENTER, length 24, Nicira, REG_MOVE
     0030 0001 0002          // n_bits 48, src_ofs, dst_ofs
     00000406 00000206       // NXM_OF_ETH_SRC, NXM_OF_ETH_DST`,
    { type: 'nx-reg-move', nBits: 48, srcOfs: 1, dstOfs: 2, src: 'nxmEthSrc', dst: 'nxmEthDst' },
  );
  pinsAction(
    'NXAST_REG_MOVE from a field of an experimenter',
    `ffff 0020 00002320 0006 // length 32
     000c 0000 0000          // n_bits 12
     ffff5406 4f4e4600       // ONFOXM_ET_TCP_FLAGS: 64 bits
     00010004 00000000       // NXM_NX_REG0, padding`,
    { type: 'nx-reg-move', nBits: 12, srcOfs: 0, dstOfs: 0, src: 'tcpFlags', dst: 'reg0' },
  );
  pinsAction(
    'NXAST_REG_LOAD',
    `ffff 0018 00002320 0007 // REG_LOAD
     0107 00010204           // ofs 4, n_bits 8; NXM_NX_REG1
     0000000000000012`,
    { type: 'nx-reg-load', ofs: 4, nBits: 8, dst: 'reg1', value: 0x12n },
  );
  pinsAction(
    'NXAST_REG_LOAD of a field without a name',
    'ffff 0018 00002320 0007 003f 0001fe08 0000000000000001',
    {
      type: 'nx-reg-load',
      ofs: 0,
      nBits: 64,
      dst: '0x0001fe08',
      value: 1n,
    },
  );
  pinsAction('NXAST_NOTE', 'ffff 0010 00002320 0008 010203000000', {
    type: 'nx-note',
    note: annotated('010203000000'),
  });
  pinsAction('NXAST_SET_TUNNEL64', 'ffff 0018 00002320 0009 000000000000 123456789abcdef0', {
    type: 'nx-set-tunnel64',
    tunId: 0x123456789abcdef0n,
  });
  pinsAction(
    'NXAST_MULTIPATH',
    `ffff 0020 00002320 000a // MULTIPATH
     0003 0032 0000          // SYMMETRIC_L3L4_UDP, basis, padding
     0003 0007 00000003 0000 // ITER_HASH, max_link, arg, padding
     0007 00010004           // ofs 0, n_bits 8; NXM_NX_REG0`,
    {
      type: 'nx-multipath',
      fields: 'symmetric-l3l4-udp',
      basis: 50,
      algorithm: 'iter-hash',
      maxLink: 7,
      arg: 3,
      ofs: 0,
      nBits: 8,
      dst: 'reg0',
    },
  );
  pinsAction(
    'NXAST_BUNDLE',
    `ffff 0028 00002320 000c // BUNDLE, length 40
     0001 0001 003c 00000002 // HRW, SYMMETRIC_L4, basis, NXM_OF_IN_PORT
     0002 0000 00000000 00000000 // n_members, no destination, zeros
     0002 0003 00000000      // members, padding`,
    {
      type: 'nx-bundle',
      algorithm: 'hrw',
      fields: 'symmetric-l4',
      basis: 60,
      memberType: 'nxmInPort',
      members: [2, 3],
    },
  );
  pinsAction(
    'NXAST_BUNDLE_LOAD',
    `ffff 0028 00002320 000d // BUNDLE_LOAD
     0000 0000 0000 00000002 // ACTIVE_BACKUP, ETH_SRC, basis, NXM_OF_IN_PORT
     0003 001f 00010004 00000000 // n_members; ofs 0, n_bits 32, NXM_NX_REG0; zeros
     0002 0003 0004 0000     // members, padding`,
    {
      type: 'nx-bundle-load',
      algorithm: 'active-backup',
      fields: 'eth-src',
      basis: 0,
      memberType: 'nxmInPort',
      ofs: 0,
      nBits: 32,
      dst: 'reg0',
      members: [2, 3, 4],
    },
  );
  pinsAction('NXAST_RESUBMIT_TABLE', 'ffff 0010 00002320 000e fff8 05 000000 // IN_PORT, table', {
    type: 'nx-resubmit-table',
    inPort: 0xfff8,
    table: 5,
  });
  pinsAction('NXAST_OUTPUT_REG', 'ffff 0018 00002320 000f 000f 00010004 ffff 000000000000', {
    type: 'nx-output-reg',
    ofs: 0,
    nBits: 16,
    src: 'reg0',
    maxLen: 0xffff,
  });
  pinsAction('NXAST_EXIT', 'ffff 0010 00002320 0011 000000000000', { type: 'nx-exit' });
  pinsAction('NXAST_FIN_TIMEOUT', 'ffff 0010 00002320 0013 0001 0002 0000', {
    type: 'nx-fin-timeout',
    finIdleTimeout: 1,
    finHardTimeout: 2,
  });
  pinsAction('NXAST_CONTROLLER', 'ffff 0010 00002320 0014 0064 0003 00 00 // max_len, id, NO_MATCH', {
    type: 'nx-controller',
    maxLen: 100,
    controllerId: 3,
    reason: 'no-match',
  });
  pinsAction(
    'NXAST_DEC_TTL_CNT_IDS',
    `ffff 0018 00002320 0015 0003 00000000 // n_controllers, zeros
     0001 0002 0003 0000`,
    { type: 'nx-dec-ttl-cnt-ids', controllerIds: [1, 2, 3] },
  );
  pinsAction(
    'NXAST_WRITE_METADATA',
    'ffff 0020 00002320 0016 000000000000 0000000000001234 000000000000ffff',
    { type: 'nx-write-metadata', metadata: 0x1234n, mask: 0xffffn },
  );
  pinsAction('NXAST_STACK_PUSH', 'ffff 0018 00002320 001b 0000 0001de10 0080 000000000000', {
    type: 'nx-stack-push',
    offset: 0,
    field: 'xxreg0',
    nBits: 128,
  });
  pinsAction('NXAST_STACK_POP', 'ffff 0018 00002320 001c 0004 00010004 0008 000000000000', {
    type: 'nx-stack-pop',
    offset: 4,
    field: 'reg0',
    nBits: 8,
  });
  pinsAction('NXAST_SAMPLE', 'ffff 0018 00002320 001d 0064 00000001 00000002 00000003', {
    type: 'nx-sample',
    probability: 100,
    collectorSetId: 1,
    obsDomainId: 2,
    obsPointId: 3,
  });
  pinsAction('NXAST_SAMPLE2', 'ffff 0020 00002320 0026 0064 00000001 00000002 00000003 0004 000000000000', {
    type: 'nx-sample2',
    probability: 100,
    collectorSetId: 1,
    obsDomainId: 2,
    obsPointId: 3,
    samplingPort: 4,
  });
  pinsAction('NXAST_SAMPLE3', 'ffff 0020 00002320 0029 0064 00000001 00000002 00000003 0004 02 0000000000', {
    type: 'nx-sample3',
    probability: 100,
    collectorSetId: 1,
    obsDomainId: 2,
    obsPointId: 3,
    samplingPort: 4,
    direction: 'egress',
  });
  pinsAction('NXAST_OUTPUT_REG2', 'ffff 0018 00002320 0020 000f ffff 80010008 000000000000', {
    type: 'nx-output-reg2',
    ofs: 0,
    nBits: 16,
    maxLen: 0xffff,
    src: 'xreg0',
  });
  pinsAction(
    'NXAST_REG_LOAD2',
    `ffff 0018 00002320 0021 // REG_LOAD2, the field at once
     00010708 00000050 000000f0 // NXM_NX_REG3 with a mask
     0000`,
    { type: 'nx-reg-load2', field: { reg3: { value: 0x50, mask: 0xf0 } } },
  );
  pinsAction('NXAST_CONJUNCTION', 'ffff 0010 00002320 0022 01 03 00000008 // second of 3, id', {
    type: 'nx-conjunction',
    clause: 1,
    nClauses: 3,
    id: 8,
  });
  pinsAction(
    'NXAST_CONTROLLER2',
    `ffff 0048 00002320 0025 000000000000
     0000 0008 003c 0000      // MAX_LEN 60
     0001 0008 0005 0000      // CONTROLLER_ID 5
     0002 0005 02 000000      // REASON INVALID_TTL, padding
     0003 0007 010203 00      // USERDATA, padding
     0004 0004 00000000       // PAUSE, padding
     0005 0008 00000009       // METER_ID
     00ff 0008 12345678       // unknown`,
    {
      type: 'nx-controller2',
      properties: [
        { type: 'max-len', maxLen: 60 },
        { type: 'controller-id', controllerId: 5 },
        { type: 'reason', reason: 'invalid-ttl' },
        { type: 'userdata', userdata: annotated('010203') },
        { type: 'pause' },
        { type: 'meter-id', meterId: 9 },
        { type: 'unknown', code: 0xff, data: annotated('12345678') },
      ],
    },
  );
  pinsAction('NXAST_OUTPUT_TRUNC', 'ffff 0010 00002320 0027 0002 00000064', {
    type: 'nx-output-trunc',
    port: 2,
    maxLen: 100,
  });
  pinsAction(
    'NXAST_CLONE',
    `ffff 0030 00002320 002a 000000000000 // CLONE, length 48 with its actions
     ffff 0010 00002320 000e fff8 01 000000
     0000 0010 00000002 0000 000000000000`,
    {
      type: 'nx-clone',
      actions: [
        { type: 'nx-resubmit-table', inPort: 0xfff8, table: 1 },
        { type: 'output', port: 2, maxLen: 0 },
      ],
    },
  );
  pinsAction('NXAST_CT_CLEAR', 'ffff 0010 00002320 002b 000000000000', { type: 'nx-ct-clear' });
  pinsAction('NXAST_RESUBMIT_TABLE_CT', 'ffff 0010 00002320 002c fff8 05 000000', {
    type: 'nx-resubmit-table-ct',
    inPort: 0xfff8,
    table: 5,
  });
  pinsAction('NXAST_ENCAP', 'ffff 0018 00002320 002e 0000 0001894f 0004 01 05 01 000000 // NSH, md_type 1', {
    type: 'nx-encap',
    hdrSize: 0,
    newPktType: 0x0001894f,
    properties: annotated('0004010501000000'),
  });
  pinsAction('NXAST_DECAP', 'ffff 0010 00002320 002f 0000 0000fffe', {
    type: 'nx-decap',
    newPktType: 0xfffe,
  });
  pinsAction('NXAST_DEC_NSH_TTL', 'ffff 0010 00002320 0030 000000000000', { type: 'nx-dec-nsh-ttl' });
  pinsAction('NXAST_CHECK_PKT_LARGER', 'ffff 0018 00002320 0031 05dc 0003 00010004 000000000000', {
    type: 'nx-check-pkt-larger',
    pktLen: 1500,
    offset: 3,
    dst: 'reg0',
  });
  pinsAction('NXAST_DELETE_FIELD', 'ffff 0018 00002320 0032 0001527c 00000000000000000000', {
    type: 'nx-delete-field',
    field: 'tunMetadata1',
  });
  pinsAction(
    'ONFACT_COPY_FIELD',
    `ffff 0020 4f4e4600 0c80 0000 // EXPERIMENTER, length 32, ONF, 3200, padding
     0010 0001 0002 0000          // n_bits, src_offset, dst_offset, padding
     00010004 00010204 00000000   // NXM_NX_REG0, NXM_NX_REG1, padding`,
    { type: 'onf-copy-field', nBits: 16, srcOffset: 1, dstOffset: 2, src: 'reg0', dst: 'reg1' },
  );
  pinsAction('an action of Nicira that nobody knows', 'ffff 0010 00002320 7fff 123456789abc', {
    type: 'experimenter',
    experimenter: 0x2320,
    data: annotated('7fff123456789abc'),
  });
});

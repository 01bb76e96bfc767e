import { type DatabaseDefinition, mapOf, optional, type Row, scalar, setOf } from '../column.js';
import type { Database } from '../database.js';

/** The tables and columns of the Open_vSwitch database that cloakflow uses: ovs-vswitchd.conf.db(5). */

const root = {
  bridges: setOf('uuid'),
  manager_options: setOf('uuid'),
  ssl: optional('uuid'),
  datapaths: mapOf('string', 'uuid'),
  other_config: mapOf('string', 'string'),
  external_ids: mapOf('string', 'string'),
  next_cfg: scalar('integer'),
  cur_cfg: scalar('integer'),
  ovs_version: optional('string'),
  db_version: optional('string'),
  datapath_types: setOf('string'),
  iface_types: setOf('string'),
} as const;

const bridge = {
  name: scalar('string'),
  datapath_type: scalar('string'),
  datapath_id: optional('string'),
  datapath_version: scalar('string'),
  ports: setOf('uuid'),
  controller: setOf('uuid'),
  protocols: setOf('string'),
  fail_mode: optional('string'),
  stp_enable: scalar('boolean'),
  rstp_enable: scalar('boolean'),
  other_config: mapOf('string', 'string'),
  external_ids: mapOf('string', 'string'),
} as const;

const port = {
  name: scalar('string'),
  interfaces: setOf('uuid'),
  tag: optional('integer'),
  trunks: setOf('integer'),
  vlan_mode: optional('string'),
  other_config: mapOf('string', 'string'),
  external_ids: mapOf('string', 'string'),
} as const;

const networkInterface = {
  name: scalar('string'),
  type: scalar('string'),
  options: mapOf('string', 'string'),
  ofport: optional('integer'),
  ofport_request: optional('integer'),
  mac_in_use: optional('string'),
  ifindex: optional('integer'),
  admin_state: optional('string'),
  link_state: optional('string'),
  mtu: optional('integer'),
  error: optional('string'),
  status: mapOf('string', 'string'),
  statistics: mapOf('string', 'integer'),
  other_config: mapOf('string', 'string'),
  external_ids: mapOf('string', 'string'),
} as const;

const controller = {
  target: scalar('string'),
  connection_mode: optional('string'),
  max_backoff: optional('integer'),
  inactivity_probe: optional('integer'),
  enable_async_messages: optional('boolean'),
  is_connected: scalar('boolean'),
  role: optional('string'),
  status: mapOf('string', 'string'),
  other_config: mapOf('string', 'string'),
  external_ids: mapOf('string', 'string'),
} as const;

const ssl = {
  private_key: scalar('string'),
  certificate: scalar('string'),
  ca_cert: scalar('string'),
  bootstrap_ca_cert: scalar('boolean'),
  external_ids: mapOf('string', 'string'),
} as const;

const datapath = {
  datapath_version: scalar('string'),
  ct_zones: mapOf('integer', 'uuid'),
  capabilities: mapOf('string', 'string'),
} as const;

const conntrackZone = {
  timeout_policy: optional('uuid'),
  external_ids: mapOf('string', 'string'),
} as const;

const conntrackTimeoutPolicy = {
  timeouts: mapOf('string', 'integer'),
  external_ids: mapOf('string', 'string'),
} as const;

const OPEN_VSWITCH_TABLES = {
  Open_vSwitch: root,
  Bridge: bridge,
  Port: port,
  Interface: networkInterface,
  Controller: controller,
  SSL: ssl,
  Datapath: datapath,
  CT_Zone: conntrackZone,
  CT_Timeout_Policy: conntrackTimeoutPolicy,
} as const;

export type OpenVswitchTables = typeof OPEN_VSWITCH_TABLES;
export type OpenVswitchDatabase = Database<OpenVswitchTables>;
export type OpenVswitchRow<K extends keyof OpenVswitchTables> = Row<OpenVswitchTables[K]>;

export const OPEN_VSWITCH: DatabaseDefinition<OpenVswitchTables> = {
  name: 'Open_vSwitch',
  tables: OPEN_VSWITCH_TABLES,
};

/** Where Debian's packages put the server's socket. */
export const DEFAULT_OVSDB = 'unix:/var/run/openvswitch/db.sock';

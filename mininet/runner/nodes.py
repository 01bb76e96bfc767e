"""Mininet's node and link classes, as this runner needs them."""

import os
import resource
import signal

from mininet.link import Intf, Link
from mininet.node import Host, Node, Switch

from processes import RunnerError, die_with_parent, kill_inside, namespace_of, popen, run, script, wait_for
from record import mark

SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema'
IPV6_ON = {'accept_dad': 0, 'disable_ipv6': 0, 'keep_addr_on_down': 1}


class OwnedNode(Node):
    """A node whose shell ends with the runner and knows its emulation."""

    def _popen(self, cmd, **params):
        def prepare():
            die_with_parent()
            # mnexec closes every descriptor up to the limit, one by one.
            _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))

        env = {**os.environ, 'CLOAKFLOW_EMULATION': self.params['emulation']}
        return super()._popen(cmd, preexec_fn=prepare, env=env, **params)

    def config(self, **_params):
        """Addresses are set by configure(), all at once."""
        return {}

    def mark(self):
        script(
            [
                f'ip link set lo alias {mark(self.params["emulation"])}',
                'ip link set lo up',
                'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6',
            ],
            self.pid,
        )


class BareIntf(Intf):
    """An interface that configure() sets up."""

    def config(self, **_params):
        return {}

    def delete(self):
        self.node.delIntf(self)
        self.link = None


class BatchedLink(Link):
    """A link whose veth pair is made together with the others."""

    def __init__(self, node1, node2, **params):
        super().__init__(node1, node2, **{**params, 'intf': BareIntf})

    @classmethod
    def makeIntfPair(cls, *_args, **_kwargs):
        return None, None


class EmulatedHost(OwnedNode, Host):
    """A host in namespaces of its own (network and mounts)."""


class Wires(OwnedNode):
    """The namespace in which delay lines join the halves of links."""


class SharedSwitch(OwnedNode, Switch):
    """A bridge of the machine's own Open vSwitch, in the root namespace."""

    def start(self, _controllers):
        words = bridge_words(self.params['plan'], self.params['datapath'], self.params['ends'])
        run(['ovs-vsctl', '--timeout=30', *words])

    def wait_ready(self):
        """ovs-vsctl has waited for the bridge already."""

    def stop(self, deleteIntfs=True):
        """Bridges and interfaces go with the emulation's record."""


class PrivateSwitch(OwnedNode, Switch):
    """A bridge of an Open vSwitch of its own: ovsdb-server and ovs-vswitchd in the node's namespace."""

    daemons = ()

    def start(self, _controllers):
        plan, directory = self.params['plan'], self.params['directory']
        os.makedirs(directory, mode=0o700, exist_ok=True)
        env = {**os.environ, **{key: directory for key in ('OVS_RUNDIR', 'OVS_LOGDIR', 'OVS_DBDIR', 'OVS_SYSCONFDIR')}}
        database, socket = f'{directory}/conf.db', f'unix:{directory}/db.sock'
        run(['ovsdb-tool', 'create', database, SCHEMA])
        remotes = [f'--remote=p{socket}', '--remote=db:Open_vSwitch,Open_vSwitch,manager_options']
        self.daemons = []
        self._daemon('ovsdb-server', [database, *remotes], env)
        vsctl = ['ovs-vsctl', f'--db={socket}', '--timeout=30']
        run([*vsctl, '--no-wait', 'init', '--', *bridge_words(plan, self.params['datapath'], self.params['ends'])])
        self._daemon('ovs-vswitchd', [socket], env)

    def wait_ready(self):
        """Return when ovs-vswitchd has made the bridges, and underlay interfaces have their addresses."""
        socket = f'unix:{self.params["directory"]}/db.sock'
        bump = ['set', 'Open_vSwitch', '.', 'external_ids:built=true']
        run(['ovs-vsctl', f'--db={socket}', '--timeout=30', *bump])
        lines = []
        for end in self.params['ends']:
            if end['underlay']:
                if any(':' in address for address in end['addresses']):
                    lines += ipv6_lines(end['underlay'])
                lines.append(f'ip link set {end["underlay"]} up')
                lines += address_lines(end['underlay'], end['addresses'])
        script(lines, self.pid)

    def _daemon(self, program, args, env):
        directory = self.params['directory']
        control = f'{directory}/{program}.ctl'
        log = ['-vconsole:off', '-vsyslog:off', f'--log-file={directory}/{program}.log']
        inside = ['nsenter', f'--net=/proc/{self.pid}/ns/net', '--']
        errors = f'{directory}/{program}.err'
        with open(errors, 'wb') as output:
            child = popen(
                [*inside, program, *args, f'--unixctl={control}', *log],
                stdout=output,
                stderr=output,
                env={**env, 'CLOAKFLOW_EMULATION': self.params['emulation']},
            )
        self.daemons.append((program, child))

        def started():
            if child.poll() is not None:
                with open(errors, encoding='utf-8', errors='replace') as file:
                    words = file.read(2000)
                raise RunnerError('build-failed', f'{program} of {self.params["plan"]["name"]} ended: {words}')
            return os.path.exists(control)

        wait_for(f'the start of {program} of {self.params["plan"]["name"]}', started)

    def stop(self, deleteIntfs=True):
        for _program, child in reversed(self.daemons):
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
                child.wait()
        self.daemons = ()


def bridge_words(plan, datapath, ends):
    """The words of ovs-vsctl that make a switch's bridges with all their ports in one transaction."""
    bridge = plan['bridge']
    words = ['--', 'add-br', bridge, '--', 'set', 'bridge', bridge]
    words += [
        f'datapath_type={datapath}',
        f'fail_mode={plan["failMode"]}',
        'protocols=OpenFlow13',
        f'other_config:datapath-id={plan["datapathId"]}',
        f'other_config:dp-desc={plan["name"]}',
        'other_config:disable-in-band=true',
    ]
    for end in ends:
        name = end['interface']
        if end['underlay']:
            under = end['underlay']
            words += ['--', 'add-br', under, '--', 'set', 'bridge', under]
            words += [f'datapath_type={datapath}', 'fail_mode=standalone']
            words += [f'other_config:hwaddr={end["mac"]}'] if end['mac'] else []
            words += ['--', 'add-port', under, name]
        else:
            words += ['--', 'add-port', bridge, name, '--', 'set', 'Interface', name, f'ofport_request={end["port"]}']
    if plan['controller']:
        words += ['--', '--id=@c', 'create', 'Controller', f'target="{plan["controller"]}"', 'max_backoff=1000']
        words += ['--', 'set', 'bridge', bridge, 'controller=@c']
    return words


def ipv6_lines(name):
    """Switch IPv6 on. While its own link-local address is in doubt a router asks for no neighbour: no doubting."""
    settings = f'/proc/sys/net/ipv6/conf/{name}'
    return [f'echo {value} > {settings}/{key}' for key, value in IPV6_ON.items()]


def address_lines(name, addresses):
    return [f'ip addr add {address} dev {name}' + (' nodad' if ':' in address else '') for address in addresses]


def stop_inside(nodes):
    """Kill what runs in the namespaces of nodes, apart from their shells."""
    own = namespace_of(os.getpid())
    shells = {node.pid for node in nodes}
    kill_inside({namespace_of(node.pid) for node in nodes} - {None, own}, shells)

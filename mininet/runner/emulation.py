"""Builds the network of a plan with Mininet, changes its links, and takes it down."""

import os
import subprocess

from mininet.net import Mininet

import nodes
from processes import RunnerError, namespace_of, run, script, wait_for
from record import Record
from shaping import DelayLine, Netem, kernel_has_netem


class Emulation:
    """The network of one plan. build() may fail half-way; stop() removes whatever is there."""

    def __init__(self, request):
        self.plan = request['plan']
        self.delay_line = request['delayLine']
        self.shaping = request['shaping']
        self.datapath = request['datapath']
        self.record = Record.create(self.plan['id'])
        self.record.paths = list(request['paths'])
        # What Mininet.init() would set are limits of the whole machine; they stay as they are.
        Mininet.inited = True
        self.net = Mininet(topo=None, build=False, controller=None)
        self.wires = None
        self.shapers = {}
        self.kinds = {switch['name']: switch['kind'] for switch in self.plan['switches']}

    # Building

    def build(self):
        if self.shaping == 'auto':
            shaped = any(link['shape'] for link in self.plan['links'])
            self.shaping = 'none' if not shaped else 'netem' if kernel_has_netem() else 'delay-line'
        if self.shaping == 'delay-line' and not os.access(self.delay_line, os.X_OK):
            build = os.path.normpath(os.path.join(self.delay_line, '../../build.mjs'))
            raise RunnerError('delay-line-missing', f'there is no {self.delay_line}', f'node {build}')
        shared = [switch for switch in self.plan['switches'] if switch['kind'] == 'shared']
        self.record.bridges = [switch['bridge'] for switch in shared]
        self.record.interfaces = [end['interface'] for end in self._ends() if self.kinds.get(end['node']) == 'shared']
        if shared:
            check_open_vswitch()
        for switch in self.plan['switches']:
            self._link_controller(switch)
        self.record.save()

        self._add_nodes()
        self._add_links()
        for node in self._own_nodes():
            self._configure(node)
        self._raise_root_ends()
        self.net.built = True
        self.net.start()
        for switch in self.net.switches:
            switch.wait_ready()
        self._shape_links()
        for host in self.plan['hosts']:
            script(host['setup'], self.net[host['name']].pid)
        return self.describe()

    def describe(self):
        """What the driver needs to know: where each node is and how links are shaped."""
        own = namespace_of(os.getpid())
        switches = {}
        for plan in self.plan['switches']:
            node = self.net[plan['name']]
            private = plan['kind'] == 'private'
            switches[plan['name']] = {'pid': node.pid if private else None, 'directory': self._directory(plan)}
        hosts = {host['name']: {'pid': self.net[host['name']].pid} for host in self.plan['hosts']}
        assert all(namespace_of(host['pid']) != own for host in hosts.values())
        return {
            'datapath': self.datapath,
            'shaping': self.shaping,
            'hosts': hosts,
            'switches': switches,
            'wires': self.wires.pid if self.wires else None,
        }

    def _ends(self):
        return [end for link in self.plan['links'] for end in link['ends']]

    def _own_nodes(self):
        """Nodes with a namespace of their own."""
        return [node for node in (*self.net.hosts, *self.net.switches) if node.inNamespace]

    def _directory(self, switch):
        if switch['kind'] == 'private':
            return os.path.join(self.record.directory, switch['name'])
        return os.environ.get('OVS_RUNDIR', '/var/run/openvswitch')

    def _link_controller(self, switch):
        """OVS connects only to sockets in its run directory: put a link there to the controller's."""
        if not (switch['controller'] or '').startswith('unix:'):
            return
        directory = self._directory(switch)
        path = os.path.join(directory, f'{switch["bridge"]}.controller')
        if switch['kind'] == 'private':
            os.makedirs(directory, mode=0o700)
        else:
            self.record.paths.append(path)
            self.record.save()
        os.symlink(switch['controller'].removeprefix('unix:'), path)
        switch['controller'] = f'unix:{path}'

    def _add_nodes(self):
        common = {'emulation': self.plan['id']}
        for plan in self.plan['hosts']:
            self.net.addHost(plan['name'], cls=nodes.EmulatedHost, ip=None, plan=plan, **common)
        for plan in self.plan['switches']:
            private = plan['kind'] == 'private'
            self.net.addSwitch(
                plan['name'],
                cls=nodes.PrivateSwitch if private else nodes.SharedSwitch,
                inNamespace=private,
                dpid=plan['datapathId'],
                plan=plan,
                datapath=self.datapath,
                directory=self._directory(plan),
                ends=[end for end in self._ends() if end['node'] == plan['name']],
                **common,
            )
        if self.shaping == 'delay-line':
            self.wires = nodes.Wires('wires', inNamespace=True, **common)
            self.wires.mark()
        for node in self._own_nodes():
            node.mark()

    def _add_links(self):
        lines = []

        def pair(first, second, mtu):
            (node1, name1), (node2, name2) = first, second
            self.net.addLink(node1, node2, cls=nodes.BatchedLink, intfName1=name1, intfName2=name2)
            lines.append(
                f'link add name {name1} mtu {mtu[0]} netns {node1.pid} type veth '
                f'peer name {name2} mtu {mtu[1]} netns {node2.pid}\n'
            )

        for index, link in enumerate(self.plan['links']):
            first, second = [(self.net[end['node']], end['interface']) for end in link['ends']]
            mtu = link['mtu']
            if link['shape'] and self.wires:
                # A frame may carry a VLAN tag more than the link's MTU; the ends themselves hold to it.
                pair(first, (self.wires, f'w{index}a'), (mtu, mtu + 64))
                pair(second, (self.wires, f'w{index}b'), (mtu, mtu + 64))
            else:
                pair(first, second, (mtu, mtu))
        run(['ip', '-batch', '-'], stdin=''.join(lines))

    def _configure(self, node):
        """Set up a node's interfaces, addresses, routes and files in one go."""
        plan = node.params['plan']
        is_host = node in self.net.hosts
        lines = []
        if is_host and plan['forwarding']:
            lines.append('echo 1 > /proc/sys/net/ipv4/ip_forward')
            lines.append('echo 1 > /proc/sys/net/ipv6/conf/all/forwarding')
        for end in self._ends():
            if end['node'] == node.name:
                lines += self._end_lines(end, is_host, is_host and plan['ipv6'])
        if is_host:
            lines += route_lines(plan)
            for number, (path, content) in enumerate(plan['files'].items()):
                source = os.path.join(self.record.directory, f'{node.name}.{number}')
                with open(source, 'w', encoding='utf-8') as file:
                    file.write(content)
                lines.append(f'mount --bind {source} "$(readlink -f {quote(path)})"')
        script(lines, node.pid)

    def _end_lines(self, end, is_host, ipv6):
        name = end['interface']
        if not is_host:
            return [f'ip link set {name} up']
        lines = []
        if end['mac']:
            lines.append(f'ip link set {name} address {end["mac"]}')
        if self.datapath == 'netdev' and self.plan['switches']:
            # The userspace datapath does not finish the checksums that veth leaves open.
            lines.append(f'ethtool -K {name} tx off > /dev/null')
        if ipv6:
            lines += nodes.ipv6_lines(name)
        lines.append(f'ip link set {name} up')
        return lines + nodes.address_lines(name, end['addresses'])

    def _raise_root_ends(self):
        lines = []
        for name in self.record.interfaces:
            lines.append(f'echo 1 > /proc/sys/net/ipv6/conf/{name}/disable_ipv6')
            lines.append(f'ip link set {name} up')
        script(lines)

    def _shape_links(self):
        """netem comes last: Open vSwitch clears an interface's queue when it becomes a port."""
        for index, link in enumerate(self.plan['links']):
            if link['shape']:
                self._shape(index, link['shape'])

    # Changing

    def shape(self, index, shape):
        """Change a link's shape. Raises RunnerError link-not-shaped for a bare pair where there is no netem."""
        if index in self.shapers:
            self.shapers[index].set(shape)
            return
        if self.shaping == 'none' and kernel_has_netem():
            self.shaping = 'netem'
        if self.shaping != 'netem':
            raise RunnerError(
                'link-not-shaped',
                'the kernel has no netem, and the link was built without a delay line',
                'give the link a delay in the topology, 0ms if need be',
            )
        self._shape(index, shape)

    def _shape(self, index, shape):
        link = self.plan['links'][index]
        if self.shaping == 'delay-line':
            interfaces = [f'w{index}a', f'w{index}b']
            script([f'ip link set {name} up' for name in interfaces], self.wires.pid)
            self.shapers[index] = DelayLine(self.delay_line, self.wires, interfaces, shape)
        else:
            ends = [(self.net[end['node']], end['interface']) for end in link['ends']]
            self.shapers[index] = Netem(ends, link['mtu'])
            self.shapers[index].set(shape)

    def set_up(self, index, up):
        """Take a link's carrier away at both ends, or give it back; return when both ends have noticed."""
        link = self.plan['links'][index]
        state = 'up' if up else 'down'
        if isinstance(self.shapers.get(index), DelayLine):
            script([f'ip link set w{index}{side} {state}' for side in 'ab'], self.wires.pid)
        else:
            # The end without addresses: an interface that is set down loses its routes.
            end = min(link['ends'], key=lambda end: len(end['addresses']))
            script([f'ip link set {end["interface"]} {state}'], self.net[end['node']].pid)
        for end in link['ends']:
            self._settle(self.net[end['node']], end['interface'], up)

    def _settle(self, node, interface, up):
        def noticed():
            shown = run(['ip', '-o', 'link', 'show', 'dev', interface], node.pid)
            return ('state UP' in shown) == up

        wait_for(f'the carrier of {interface} of {node.name}', noticed, interval=0.01)
        if up and node in self.net.hosts:
            # Questions that went into the dead link are asked again at once.
            forget = f'ip neigh flush dev {interface} nud incomplete nud failed'
            script([*route_lines(node.params['plan']), forget], node.pid)

    # Watching

    def dead(self):
        """The first process of the network that has ended, in words; None when all live."""
        for switch in self.net.switches:
            for program, child in getattr(switch, 'daemons', ()):
                if child.poll() is not None:
                    return f'{program} of {switch.name}'
        for index, shaper in self.shapers.items():
            if isinstance(shaper, DelayLine) and shaper.child.poll() is not None:
                ends = ' - '.join(end['node'] for end in self.plan['links'][index]['ends'])
                return f'the delay line of {ends}'
        return None

    # Taking down

    def stop(self):
        """Remove everything that build() made. Raises RunnerError when bridges cannot be removed."""
        own = self._own_nodes()
        nodes.stop_inside([*own, *([self.wires] if self.wires else [])])
        for shaper in self.shapers.values():
            shaper.stop()
        for switch in self.net.switches:
            switch.stop()
        try:
            self.record.remove()
        finally:
            for node in (*self.net.switches, *self.net.hosts, *([self.wires] if self.wires else [])):
                node.terminate()


def check_open_vswitch():
    answer = subprocess.run(['ovs-vsctl', '--timeout=5', 'show'], capture_output=True, text=True)
    if answer.returncode != 0:
        raise RunnerError(
            'ovs-not-running',
            f'Open vSwitch of this machine does not answer: {answer.stderr.strip()[:500]}',
            'start it (service openvswitch-switch start), or use switches of kind private',
        )


def route_lines(plan):
    """`ip route replace` for a host's gateway and routes."""
    routes = list(plan['routes'])
    if plan['gateway']:
        routes.insert(0, {'to': 'default', 'via': plan['gateway'], 'interface': None})
    lines = []
    for route in routes:
        six = ':' in (route['via'] or route['to'])
        words = ['ip', '-6' if six else '-4', 'route', 'replace', route['to']]
        words += ['via', route['via']] if route['via'] else []
        words += ['dev', route['interface']] if route['interface'] else []
        lines.append(' '.join(words))
    return lines


def quote(text):
    return "'" + text.replace("'", "'\\''") + "'"

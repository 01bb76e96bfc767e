"""Delay, rate and loss of links: by the kernel's netem, or by the native delay line where the kernel has none."""

import math
import subprocess

from processes import RunnerError, popen, run

# Frames that netem may hold on a link without a rate: 100 ms at 10 Gbit/s and more.
UNBOUNDED_FRAMES = 100_000


def kernel_has_netem():
    """Try it, in a namespace that goes away with the trial."""
    trial = 'ip link set lo up && tc qdisc add dev lo root netem delay 1ms'
    return subprocess.run(['unshare', '--net', 'sh', '-c', trial], capture_output=True).returncode == 0


def netem_words(shape, mtu):
    """The words of tc after `root` for one direction of a link."""
    delay, rate, loss = shape['delayNs'], shape['rateBps'], shape['lossPpm']
    waiting = shape['queueBytes'] + rate * delay / 8e9
    limit = max(20, math.ceil(waiting / mtu)) if rate else UNBOUNDED_FRAMES
    words = ['netem', 'limit', str(limit)]
    if delay:
        words += ['delay', f'{delay / 1000:g}us' if delay % 1000 else f'{delay // 1000}us']
    if loss:
        words += ['loss', f'{loss / 10_000:g}%']
    if rate:
        words += ['rate', f'{rate}bit']
    return words


class Netem:
    """Shapes the two ends of a veth pair, each for what it sends."""

    def __init__(self, ends, mtu):
        self.ends, self.mtu = ends, mtu

    def set(self, shape):
        for node, interface in self.ends:
            words = ['tc', 'qdisc', 'replace', 'dev', interface, 'root', *netem_words(shape, self.mtu)]
            run(words, node.pid)

    def stop(self):
        """The queue goes with the interface."""


class DelayLine:
    """The native program between two interfaces of the wires' namespace."""

    def __init__(self, program, wires, interfaces, shape):
        inside = ['nsenter', f'--net=/proc/{wires.pid}/ns/net', '--']
        self.child = popen(
            [*inside, program, *option_words(shape), *interfaces],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._expect('ready')

    def set(self, shape):
        self.child.stdin.write('set ' + ' '.join(option_words(shape)) + '\n')
        self.child.stdin.flush()
        self._expect('ok')

    def stop(self):
        if self.child.poll() is None:
            self.child.kill()
        self.child.communicate()

    def _expect(self, word):
        line = self.child.stdout.readline()
        while line.startswith('{'):  # counters, which somebody asked for by SIGUSR1
            line = self.child.stdout.readline()
        if line.strip() != word:
            said = line.strip() or self.child.stderr.read().strip()
            raise RunnerError('build-failed', f'the delay line said {said!r} instead of {word!r}')


def option_words(shape):
    return [
        f'--delay-ns={shape["delayNs"]}',
        f'--rate-bps={shape["rateBps"]}',
        f'--loss-ppm={shape["lossPpm"]}',
        f'--queue-bytes={shape["queueBytes"]}',
    ]

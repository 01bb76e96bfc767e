"""Processes that end with the runner, and finding those of a network namespace."""

import ctypes
import os
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class RunnerError(Exception):
    """A failure with a code of the driver's EmulationError."""

    def __init__(self, code, message, mend=None):
        super().__init__(message)
        self.code = code
        self.mend = mend


def die_with_parent():
    """For preexec_fn: the kernel kills the child when the runner dies, however it dies."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def popen(argv, **options):
    """Start argv as a process that ends with the runner."""
    options.setdefault('stdin', subprocess.DEVNULL)
    return subprocess.Popen(argv, preexec_fn=die_with_parent, **options)


def run(argv, pid=None, stdin='', env=None):
    """Run argv to its end, in the namespaces of process pid if given; return its output.

    Raises RunnerError build-failed with the tool's own words when the exit code is not 0.
    """
    whole = ['mnexec', '-a', str(pid), *argv] if pid else argv
    result = subprocess.run(whole, input=stdin, capture_output=True, text=True, env=env)
    if result.returncode != 0:
        words = (result.stderr or result.stdout).strip()[:2000]
        shown = ' '.join(argv)[:300] if argv[0] != 'sh' else argv[-1][:300]
        raise RunnerError('build-failed', f'{shown}: {words or "exit code %d" % result.returncode}')
    return result.stdout


def script(lines, pid=None):
    """Run shell lines; the first that fails ends it."""
    if lines:
        run(['sh', '-ec', '\n'.join(lines)], pid)


def start_time(pid):
    """When a process started, in clock ticks since boot; None when there is no such process."""
    try:
        with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as file:
            fields = file.read().rpartition(')')[2].split()
    except OSError:
        return None
    return None if fields[0] in 'ZX' else int(fields[19])


def namespace_of(pid):
    """What names the network namespace of a process, e.g. net:[4026532177]; None when it has ended."""
    try:
        return os.readlink(f'/proc/{pid}/ns/net')
    except OSError:
        return None


def processes():
    return [int(entry) for entry in os.listdir('/proc') if entry.isdigit()]


def kill_inside(namespaces, spare=()):
    """Kill every process whose network namespace is one of namespaces, until none is left."""
    end = time.monotonic() + 10
    wanted = set(namespaces)
    while time.monotonic() < end:
        found = [pid for pid in processes() if pid not in spare and namespace_of(pid) in wanted]
        if not found:
            return
        for pid in found:
            kill(pid)
        time.sleep(0.005)


def kill(pid, how=signal.SIGKILL):
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        pass


def wait_for(what, condition, timeout=60, interval=0.003):
    """Poll condition until it is true; raise RunnerError timed-out after timeout seconds."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise RunnerError('timed-out', f'{what}: not within {timeout} s')
        time.sleep(interval)

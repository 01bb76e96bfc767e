"""The record of what an emulation made outside its namespaces, from which it is removed: by the runner itself, or by
a later clean-up when the runner was killed."""

import json
import os
import shutil
import subprocess

from processes import RunnerError, kill_inside, namespace_of, processes, run, start_time

RUNTIME = '/run/cloakflow'


class Record:
    """One emulation's directory below RUNTIME, with record.json in it."""

    def __init__(self, emulation_id):
        self.id = emulation_id
        self.directory = os.path.join(RUNTIME, emulation_id)
        self.bridges = []
        self.interfaces = []
        self.paths = []

    @classmethod
    def create(cls, emulation_id):
        record = cls(emulation_id)
        os.makedirs(RUNTIME, mode=0o755, exist_ok=True)
        try:
            os.mkdir(record.directory, 0o700)
        except FileExistsError:
            raise RunnerError('build-failed', f'{record.directory} is there already') from None
        record.save()
        return record

    def save(self):
        """Write the record before making what it names."""
        path = os.path.join(self.directory, 'record.json')
        content = {
            'runner': {'pid': os.getpid(), 'startTime': start_time(os.getpid())},
            'bridges': self.bridges,
            'interfaces': self.interfaces,
            'paths': self.paths,
        }
        with open(path + '.new', 'w', encoding='utf-8') as file:
            json.dump(content, file)
        os.rename(path + '.new', path)

    def remove(self):
        """Remove what the record names, then the record. What is gone already is no error.

        Raises RunnerError ovs-not-running when bridges cannot be removed; the record then stays.
        """
        remove_bridges(self.bridges)
        if self.interfaces:
            lines = ''.join(f'link del {name}\n' for name in self.interfaces)
            subprocess.run(['ip', '-force', '-batch', '-'], input=lines, capture_output=True, text=True)
        for path in self.paths:
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path, ignore_errors=True)
            elif os.path.lexists(path):
                os.unlink(path)
        shutil.rmtree(self.directory, ignore_errors=True)


def remove_bridges(bridges):
    if not bridges:
        return
    words = ['ovs-vsctl', '--timeout=20']
    for bridge in bridges:
        words += ['--', '--if-exists', 'del-br', bridge]
    try:
        run(words)
    except RunnerError as error:
        raise RunnerError(
            'ovs-not-running',
            f'cannot remove the bridges {" ".join(bridges)}: {error}',
            'start Open vSwitch and clean again',
        ) from None


def mark(emulation_id):
    """The alias of a namespace's loopback that says whose namespace it is."""
    return f'cloakflow:{emulation_id}'


def clean():
    """Remove what emulations left whose runner is gone. Return their ids and what could not be removed."""
    removed, failed = [], []
    for emulation_id in sorted(os.listdir(RUNTIME)) if os.path.isdir(RUNTIME) else []:
        record = Record(emulation_id)
        try:
            with open(os.path.join(record.directory, 'record.json'), encoding='utf-8') as file:
                content = json.load(file)
        except (OSError, ValueError):
            continue
        runner = content['runner']
        if start_time(runner['pid']) == runner['startTime']:
            continue
        record.bridges, record.interfaces, record.paths = content['bridges'], content['interfaces'], content['paths']
        kill_marked(emulation_id)
        try:
            record.remove()
            removed.append(emulation_id)
        except RunnerError as error:
            failed.append({'id': emulation_id, 'message': str(error)})
    return {'removed': removed, 'failed': failed}


def kill_marked(emulation_id):
    """Kill the processes of namespaces that carry the mark of an emulation."""
    by_namespace = {}
    own = namespace_of(os.getpid())
    for pid in processes():
        namespace = namespace_of(pid)
        if namespace not in (None, own):
            by_namespace.setdefault(namespace, pid)
    marked = []
    for namespace, pid in by_namespace.items():
        shown = subprocess.run(['mnexec', '-a', str(pid), 'ip', 'link', 'show', 'lo'], capture_output=True, text=True)
        if f'alias {mark(emulation_id)}\n' in shown.stdout:
            marked.append(namespace)
    kill_inside(marked)

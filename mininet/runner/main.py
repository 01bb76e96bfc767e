"""Runs one emulated network for the driver: JSON lines in on stdin, JSON lines out on stdout.

    /usr/bin/python3 main.py           serve requests until stdin ends, then remove the network
    /usr/bin/python3 main.py clean     remove what killed runners left; print what was removed

Request   {"id": 1, "op": "start", ...}, and the ops link, shape, stop
Answer    {"id": 1, "result": ...} or {"id": 1, "error": {"code", "message", "mend"}}
Event     {"event": "died", "what": "ovs-vswitchd of s1"}
"""

import json
import os
import select
import signal
import sys

from processes import RunnerError


class Interrupted(Exception):
    """A signal asked the runner to end."""


class Runner:
    def __init__(self, output):
        self.output = output
        self.emulation = None
        self.reported = None

    def serve(self):
        """Answer requests until the driver is gone or asks to stop."""
        wake, wake_writer = os.pipe()
        os.set_blocking(wake_writer, False)
        signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        pending = b''
        while True:
            ready, _, _ = select.select([0, wake], [], [])
            if wake in ready:
                os.read(wake, 4096)
                self.report_deaths()
            if 0 in ready:
                chunk = os.read(0, 1 << 16)
                if not chunk:
                    return
                *lines, pending = (pending + chunk).split(b'\n')
                for line in lines:
                    if not self.answer(json.loads(line)):
                        return

    def answer(self, request):
        """Answer one request; False when it was the last."""
        try:
            self.say({'id': request['id'], 'result': self.do(request)})
            return request['op'] != 'stop'
        except RunnerError as error:
            problem = {'code': error.code, 'message': str(error), 'mend': error.mend}
        except Interrupted:
            raise
        except Exception as error:  # Mininet raises plain exceptions
            problem = {'code': 'build-failed', 'message': f'{type(error).__name__}: {error}', 'mend': None}
        if request['op'] == 'start':
            try:
                self.take_down()
            except RunnerError as error:
                problem['message'] += f'; and then: {error}'
        self.say({'id': request['id'], 'error': problem})
        return request['op'] not in ('start', 'stop')

    def do(self, request):
        op = request['op']
        if op == 'start':
            return self.start(request)
        if op == 'stop':
            self.take_down()
            return None
        if op == 'link':
            return self.emulation.set_up(request['link'], request['up'])
        if op == 'shape':
            return self.emulation.shape(request['link'], request['shape'])
        raise RunnerError('build-failed', f'unknown op {op}')

    def start(self, request):
        try:
            from emulation import Emulation
        except ImportError as error:
            raise RunnerError(
                'mininet-missing', f'Mininet does not load: {error}', 'apt-get install mininet python3-setuptools'
            ) from None
        from mininet.log import setLogLevel

        setLogLevel('warning')
        self.emulation = Emulation(request)
        return self.emulation.build()

    def take_down(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        emulation, self.emulation = self.emulation, None
        if emulation:
            emulation.stop()

    def report_deaths(self):
        dead = self.emulation.dead() if self.emulation else None
        if dead and dead != self.reported:
            self.reported = dead
            self.say({'event': 'died', 'what': dead})

    def say(self, message):
        try:
            self.output.write(json.dumps(message) + '\n')
            self.output.flush()
        except BrokenPipeError:
            pass


def main():
    # Only answers go to the driver: whatever else prints goes to stderr.
    output = os.fdopen(os.dup(1), 'w', encoding='utf-8')
    os.dup2(2, 1)
    if sys.argv[1:] == ['clean']:
        from record import clean

        output.write(json.dumps(clean()) + '\n')
        output.flush()
        return 0

    def interrupt(*_):
        raise Interrupted

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, interrupt)
    runner = Runner(output)
    try:
        runner.serve()
    except Interrupted:
        pass
    finally:
        runner.take_down()
    return 0


if __name__ == '__main__':
    sys.exit(main())

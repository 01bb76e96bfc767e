#!/usr/bin/python3
"""Probes names: reads {"address", "name", "certificate"?, "key"?} as a line of JSON, writes what it timed, again and again.

Times are in milliseconds, from the moment in which the last byte is given to the kernel to the first byte of the answer:
"hello" of the ClientHello, "judged" of the client's last flight, certificate included. "connect" is the TCP handshake.
"""
import gc
import json
import socket
import ssl
import sys
import time

PATIENCE = 20
# Seconds after the TCP handshake, in which its last segment has gone its way.
PAUSE = 0.002
contexts = {}


def context_for(certificate, key):
    if (certificate, key) not in contexts:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if certificate is not None:
            context.load_cert_chain(certificate, key)
        contexts[certificate, key] = context
    return contexts[certificate, key]


def shake(tls):
    """As far as what has come goes."""
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass


def asked(connection, question):
    """The first bytes of an answer, and how long they took."""
    begin = time.perf_counter_ns()
    connection.sendall(question)
    answer = connection.recv(65536)
    return answer, (time.perf_counter_ns() - begin) / 1e6


def probe(address, name, certificate=None, key=None):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context_for(certificate, key).wrap_bio(incoming, outgoing, server_hostname=name)
    shake(tls)
    hello = outgoing.read()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begin = time.perf_counter_ns()
        connection.connect((address, 443))
        times = {"connect": (time.perf_counter_ns() - begin) / 1e6}
        time.sleep(PAUSE)
        answer, times["hello"] = asked(connection, hello)
        while answer:
            incoming.write(answer)
            shake(tls)
            if outgoing.pending:
                break
            answer = connection.recv(65536)
        else:
            raise ConnectionError("the server ended before its last word")
        answer, times["judged"] = asked(connection, outgoing.read())
        # All that comes has to be an alert: who is let in has probed nothing.
        incoming.write(answer)
        try:
            tls.read(1)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            times["refused"] = error.reason or str(error)
    return times


gc.disable()
for line in sys.stdin:
    try:
        print(json.dumps(probe(**json.loads(line))), flush=True)
    except OSError as error:
        print(json.dumps({"error": str(error)}), flush=True)
    gc.collect()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server on 127.0.0.1 that misbehaves in one way, for tests of probes.

usage: badserver.py [--port N] [--tls CERT KEY [--client-ca CA] [--sessions]] [--json-version V] [--record FILE] KIND

Prints "PORT\n" once it listens, and ends when its standard input does (or with SIGTERM). Kinds:
  ok           200 and {"Version": V} on a kept connection
  404, 502, …  that status
  redirect     301 to /
  hang         takes the connection and says nothing
  drip         200, then a byte a second
  reset        resets each connection
  close        closes each connection
  cut          closes within the body
  garbage      an answer that is no HTTP
  endless      a body without end
  flood        headers without end
  echo         200, and the server name (SNI), the Host header and whether the TLS session is an old one, as JSON
With --record the head of each request is added to FILE before it is answered.
With --sessions a client can resume its TLS session; then there is no server name.
"""
import argparse
import json
import os
import signal
import socket
import ssl
import struct
import sys
import threading


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def answer(status, body=b"", headers=()):
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def talk(sock, options, name):
    kind = options.kind
    while True:
        head = b""
        while b"\r\n\r\n" not in head:
            data = sock.recv(4096)
            if not data:
                return
            head += data
        if options.record:
            with open(options.record, "ab") as record:
                record.write(head)
        host = next((line[5:].strip() for line in head.decode("latin-1").split("\r\n") if line.lower().startswith("host:")), "")
        if kind == "hang":
            sock.recv(1)
            return
        if kind == "drip":
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            sock.settimeout(1)
            while True:
                try:
                    if not sock.recv(1):
                        return
                except TimeoutError:
                    sock.sendall(b"x")
        if kind == "cut":
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
            return
        if kind == "garbage":
            sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            return
        if kind == "endless":
            sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                sock.sendall(b"x" * 65536)
        if kind == "flood":
            sock.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                sock.sendall(b"X-Flood: yes\r\n" * 1000)
        if kind == "ok":
            sock.sendall(answer(200, json.dumps({"Version": options.json_version}).encode()))
        elif kind == "echo":
            sock.sendall(answer(200, json.dumps({"sni": name.get("sni"), "host": host, "resumed": name.get("resumed")}).encode()))
        elif kind == "redirect":
            sock.sendall(answer(301, headers=["Location: /"]))
        else:
            sock.sendall(answer(int(kind)))


def make_context(options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*options.tls)
    if options.client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(options.client_ca)
    return context


def serve(raw, options, context):
    sock = raw
    name = {}
    try:
        if options.kind == "reset":
            reset(raw)
            return
        if options.kind == "close":
            return
        raw.settimeout(60)
        if options.tls:
            # One context a connection: the name that was asked for belongs to this one.
            own = context if options.sessions else make_context(options)
            if not options.sessions:
                own.sni_callback = lambda _sock, server_name, _context: name.update(sni=server_name)
            sock = own.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
            try:
                sock.do_handshake()
            except ssl.SSLError:  # the alert must not be lost to a reset
                plain = super(ssl.SSLSocket, sock)
                plain.shutdown(socket.SHUT_WR)
                while plain.recv(4096):
                    pass
                return
            name.update(resumed=sock.session_reused)
        talk(sock, options, name)
    except OSError:
        pass
    finally:
        sock.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--client-ca")
    parser.add_argument("--sessions", action="store_true")
    parser.add_argument("--json-version", default="1.0")
    parser.add_argument("--record", metavar="FILE")
    parser.add_argument("kind")
    options = parser.parse_args()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", options.port))
    listener.listen(64)
    print(listener.getsockname()[1], flush=True)

    shared = make_context(options) if options.sessions else None

    def accept():
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=serve, args=(sock, options, shared), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    while sys.stdin.buffer.read(1024):
        pass
    os._exit(0)


main()

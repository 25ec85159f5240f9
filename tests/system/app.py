#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A small app of the test host: app.py NAME. It reads /srv/apps/NAME.json once ({"port": 8081, "tls": [cert, key],
"answers": {PATH: TEXT}} or {"unix": PATH}) and /srv/apps/NAME.behaviour and .version at each request, so that a test can
change its mind while it runs. In an answer's text @VERSION@ is the version; without answers every path tells name and
version. If the FIFO /srv/apps/NAME.start is there, it does not listen before a test has written to it. Requests are noted
in NAME.requests.

Behaviours: healthy, hang (accepts, never answers), reset, a status (404, 502, …), token (401 unless the request carries
'Authorization: Bearer ' and the text of NAME.token), exit (does not even start)."""

import json
import os
import socket
import ssl
import struct
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

name = sys.argv[1]
folder, settings = '/srv/apps/', {}


def text_of(what, default=''):
    try:
        with open(f'{folder}{name}.{what}') as file:
            return file.read().strip()
    except FileNotFoundError:
        return default


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        with open(f'{folder}{name}.requests', 'a') as log:
            log.write(json.dumps({'path': self.path, 'host': self.headers.get('Host')}) + '\n')
        behaviour, status = text_of('behaviour', 'healthy'), 200
        if behaviour == 'hang':
            self.connection.recv(1)  # until the other side gives up
            self.close_connection = True
            return
        if behaviour == 'reset':
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        if behaviour == 'token':
            status = 200 if self.headers.get('Authorization') == f"Bearer {text_of('token')}" else 401
        elif behaviour.isdigit():
            status = int(behaviour)
        body, answers = json.dumps({'Name': name, 'Version': text_of('version', '1')}), settings.get('answers')
        if answers is not None:
            body = answers.get(self.path, '').replace('@VERSION@', text_of('version', '1'))
            status = status if body else 404
        body = body.encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve_unix(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(16)
    while True:
        listener.accept()[0].close()


def main():
    if text_of('behaviour') == 'exit':
        sys.exit(1)
    with open(f'{folder}{name}.json') as file:
        settings.update(json.load(file))
    gate = f'{folder}{name}.start'
    if os.path.exists(gate):
        with open(gate) as fifo:
            fifo.read(1)
    if 'unix' in settings:
        serve_unix(settings['unix'])
    ThreadingHTTPServer.request_queue_size = 64
    server = ThreadingHTTPServer(('127.0.0.1', settings['port']), Handler)
    server.daemon_threads = True
    if 'tls' in settings:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*settings['tls'])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A gRPC server on 127.0.0.1 with the health service of gRPC, for tests of probes.

usage: grpcserver.py [--tls CERT KEY] [--no-health]

Prints "PORT\\n" once it listens, and ends when its standard input does. Exit status 77: no grpc module here.
What it says of a service is in the service's name:
  (empty), up   SERVING
  down          NOT_SERVING
  starting      UNKNOWN
  locked        SERVING with the header "authorization: Bearer HUSH", else UNAUTHENTICATED
  hangs         nothing
  others        NOT_FOUND
"""
import argparse
import os
import sys
import threading

try:
    import grpc
    from concurrent import futures
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
except ImportError:
    print(0, flush=True)
    sys.exit(77)


def messages():
    """The request and the response, made by the library out of their fields."""
    file = descriptor_pb2.FileDescriptorProto(name="health.proto", package="grpc.health.v1", syntax="proto3")
    for name, field, kind in (("HealthCheckRequest", "service", "TYPE_STRING"), ("HealthCheckResponse", "status", "TYPE_INT32")):
        file.message_type.add(name=name).field.add(name=field, number=1, type=kind, label="LABEL_OPTIONAL")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    get = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
    return [get(pool.FindMessageTypeByName("grpc.health.v1." + name)) for name in ("HealthCheckRequest", "HealthCheckResponse")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--no-health", action="store_true")
    options = parser.parse_args()
    request_type, response_type = messages()
    over = threading.Event()

    def check(request, context):
        status = {"": 1, "up": 1, "down": 2, "starting": 0, "locked": 1}.get(request.service)
        if request.service == "hangs":
            over.wait()
        if request.service == "locked" and ("authorization", "Bearer HUSH") not in context.invocation_metadata():
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "no token, HUSH")
        if status is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "unknown service, HUSH")
        return response_type(status=status)

    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    if not options.no_health:
        handler = grpc.unary_unary_rpc_method_handler(
            check, request_deserializer=request_type.FromString, response_serializer=response_type.SerializeToString)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": handler}),))
    if options.tls:
        with open(options.tls[0], "rb") as certificate, open(options.tls[1], "rb") as key:
            credentials = grpc.ssl_server_credentials([(key.read(), certificate.read())])
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    while sys.stdin.buffer.read(1024):
        pass
    os._exit(0)


main()

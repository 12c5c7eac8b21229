"""Loaded by every Python whose PYTHONPATH holds this folder: connections beyond this machine are refused."""

import socket

LOCAL = {"localhost", "127.0.0.1", "::1", "", None}


class BeyondThisMachineError(OSError):
    """Something tried to reach the network."""


def refuse(host: object) -> None:
    host = host.decode() if isinstance(host, bytes) else host
    if host not in LOCAL and not str(host).startswith("127."):
        raise BeyondThisMachineError(f"the course runs offline, but something tried to reach {host!r}")


def guarded(method):
    def guard(self, *arguments):
        address = arguments[-1]
        if self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
            refuse(address[0])
        return method(self, *arguments)

    return guard


def guarded_lookup(lookup):
    def guard(host, *arguments, **options):
        refuse(host)
        return lookup(host, *arguments, **options)

    return guard


for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    setattr(socket, name, guarded_lookup(getattr(socket, name)))

"""A network with delay and loss between network namespaces of this machine.

Each namespace has a TUN device. One process carries their packets: it drops a share of them and delays the others.
So neither ``tc netem`` nor a bridge is needed, which not every kernel has; Linux, root and iproute2 are.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import multiprocessing
import os
import random
import select
import struct
import subprocess
import time
from contextlib import ExitStack, contextmanager

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
MTU = 1500


def address(number: int) -> str:
    """Return the address of the namespace with a number, from 1."""
    return f"10.77.0.{number}"


@contextmanager
def inside(name: str):
    """Let this thread, and those that it starts, be in a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    home, there = (os.open(path, os.O_RDONLY) for path in ("/proc/thread-self/ns/net", f"/run/netns/{name}"))

    def enter(handle):
        if libc.setns(handle, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter a network namespace, to use {name}")

    try:
        enter(there)
        yield
    finally:
        enter(home)
        os.close(home)
        os.close(there)


def ip(*arguments: str) -> None:
    """Run a command of iproute2."""
    subprocess.run(["ip", *arguments], check=True)


@contextmanager
def namespace(name: str, number: int):
    """Make a network namespace whose only way out is a TUN device; yield the device's file descriptor."""
    ip("netns", "add", name)
    try:
        with inside(name):
            device = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", b"tun0", IFF_TUN | IFF_NO_PI))
        ip("-n", name, "addr", "add", f"{address(number)}/24", "dev", "tun0")
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "link", "set", "tun0", "up", "mtu", str(MTU))
        try:
            yield device
        finally:
            os.close(device)
    finally:
        ip("netns", "delete", name)


def carry(devices: dict[bytes, int], delay: float, loss: float, lost) -> None:
    """Carry packets between the devices of addresses for ever, and count those that are lost."""
    rng, waiting, count = random.Random(0), [], 0
    while True:
        rest = None if not waiting else max(waiting[0][0] - time.perf_counter(), 0.0)
        for device in select.select(list(devices.values()), [], [], rest)[0]:
            packet = os.read(device, MTU)
            target = devices.get(packet[16:20])  # of IPv4
            if target is None:
                continue
            if rng.random() < loss:
                lost.value += 1
                continue
            count += 1
            heapq.heappush(waiting, (time.perf_counter() + delay, count, target, packet))
        now = time.perf_counter()
        while waiting and waiting[0][0] <= now:
            _, _, target, packet = heapq.heappop(waiting)
            os.write(target, packet)


@contextmanager
def network(names: list[str], delay: float, loss: float):
    """Connect namespaces, which it makes; yield a function that returns how many packets have been lost.

    Parameters
    ----------
    names : list of str
        The namespace ``k`` has the address ``address(k + 1)``.
    delay : float
        Seconds from one namespace to another, one way.
    loss : float
        Share of the packets that are dropped.
    """
    context = multiprocessing.get_context("fork")
    with ExitStack() as stack:
        devices = {
            bytes(map(int, address(k).split("."))): stack.enter_context(namespace(name, k))
            for k, name in enumerate(names, 1)
        }
        lost = context.Value("q", 0)
        carrier = context.Process(target=carry, args=(devices, delay, loss, lost), daemon=True)
        carrier.start()
        stack.callback(carrier.join)
        stack.callback(carrier.kill)
        yield lambda: lost.value

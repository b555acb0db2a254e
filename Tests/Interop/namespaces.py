"""Networks that exist while they are needed, seen by nobody else on this machine."""

from __future__ import annotations

import asyncio
import itertools
import os
from contextlib import AsyncExitStack, asynccontextmanager

from harness import Failed, PeerCannot

_numbers = itertools.count(1)


async def ip(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec("ip", *arguments, stderr=asyncio.subprocess.PIPE)
    _, problem = await asyncio.wait_for(process.communicate(), 10)
    if process.returncode != 0:
        raise Failed(f"ip {' '.join(arguments)}: {problem.decode().strip()}")


def inside(name: str) -> list[str]:
    """What stands before a command that is to run in a namespace."""
    return ["ip", "netns", "exec", name]


@asynccontextmanager
async def namespace():
    """A namespace with nothing but its loopback device; it is gone afterwards. Needs root."""
    if os.geteuid() != 0:
        raise PeerCannot("network namespaces need root")
    name = f"interop-{os.getpid()}-{next(_numbers)}"
    await ip("netns", "add", name)
    try:
        await ip("-n", name, "link", "set", "lo", "up")
        yield name
    finally:
        await ip("netns", "delete", name)


@asynccontextmanager
async def two_namespaces():
    """Two namespaces with a cable between them, 10.213.7.1 and 10.213.7.2."""
    async with AsyncExitStack() as stack:
        names = [await stack.enter_async_context(namespace()) for _ in range(2)]
        await ip("-n", names[0], "link", "add", "cable0", "type", "veth", "peer", "name", "cable0", "netns", names[1])
        for number, name in enumerate(names, 1):
            await ip("-n", name, "address", "add", f"10.213.7.{number}/24", "dev", "cable0")
            await ip("-n", name, "link", "set", "cable0", "up")
            await ip("-n", name, "route", "add", "default", "dev", "cable0")
        yield names


@asynccontextmanager
async def public_namespace(count: int):
    """A namespace whose loopback device has addresses that look public, for peers that trust no others.

    Yields its name and the addresses. They belong to others in the world, and nothing leaves the namespace.
    """
    async with namespace() as name:
        addresses = [f"11.213.7.{number}" for number in range(1, count + 1)]
        for address in addresses:
            await ip("-n", name, "address", "add", f"{address}/32", "dev", "lo")
        yield name, addresses

"""A proxy that holds every octet back: `python bench/delay.py LISTEN PORT MILLISECONDS`.

Each way takes so long; it loses nothing and starts at full speed, unlike a real network.
"""

import asyncio
import sys


class Way(asyncio.Protocol):
    """One side of a connection; what it hears the other says later."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.other: Way | None = None
        self.transport: asyncio.Transport | None = None
        self.early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        for data in self.early:
            transport.write(data)

    def data_received(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(self.seconds, self._pass, data)

    def _pass(self, data: bytes) -> None:
        assert self.other
        if self.other.transport is None:
            self.other.early.append(data)
        else:
            self.other.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self.other and self.other.transport:
            asyncio.get_running_loop().call_later(self.seconds, self.other.transport.close)


async def serve(listen: int, port: int, seconds: float) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    reaching = set()

    def met() -> Way:
        near, far = Way(seconds), Way(seconds)
        near.other, far.other = far, near
        task = loop.create_task(loop.create_connection(lambda: far, "127.0.0.1", port))
        reaching.add(task)
        task.add_done_callback(reaching.discard)
        return near

    server = await loop.create_server(met, "127.0.0.1", listen)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1e3))

"""picows, as its README has a server: a listener per connection on uvloop."""

import sys

import uvloop
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_create_server,  # pyright: ignore[reportUnknownVariableType] - its types are partial
)

__all__ = ["main"]

_members: set[WSTransport] = set()


class _Echo(WSListener):
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        else:
            transport.send(frame.msg_type, frame.get_payload_as_bytes())


class _Publish(WSListener):
    def on_ws_connected(self, transport: WSTransport) -> None:
        _members.add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        _members.discard(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
            return
        text = frame.get_payload_as_bytes()
        for member in _members:
            member.send(WSMsgType.TEXT, text)


def _listener(request: WSUpgradeRequest) -> WSListener:
    return _Publish() if request.path == b"/publish" else _Echo()


async def _serve(port: int) -> None:
    server = await ws_create_server(_listener, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


def main() -> None:
    uvloop.run(_serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()

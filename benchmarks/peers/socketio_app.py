"""python-socketio as an ASGI app, as its documentation has it; under uvicorn."""

import socketio  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs] - it has no types

__all__ = ["app", "echo", "publish"]

_server = socketio.AsyncServer(async_mode="asgi")
app = socketio.ASGIApp(_server)


@_server.event  # type: ignore[untyped-decorator]  # pyright: ignore[reportUnknownMemberType] - it has no types
async def publish(sid: str, text: str) -> None:  # noqa: ARG001 - as handlers are called
    await _server.emit("message", text)  # pyright: ignore[reportUnknownMemberType] - it has no types


@_server.event  # type: ignore[untyped-decorator]  # pyright: ignore[reportUnknownMemberType] - it has no types
async def echo(sid: str, text: str) -> str:  # noqa: ARG001 - as handlers are called
    return text

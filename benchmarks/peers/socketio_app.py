"""python-socketio as an ASGI app, as its documentation has it; under uvicorn."""

import socketio

__all__ = ["app", "echo", "publish"]

_server = socketio.AsyncServer(async_mode="asgi")
app = socketio.ASGIApp(_server)


@_server.event
async def publish(sid: str, text: str) -> None:
    await _server.emit("message", text)


@_server.event
async def echo(sid: str, text: str) -> str:
    return text

"""WebSockets as FastAPI's documentation has them: a connection manager that sends to each, and an echo loop."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

__all__ = ["app"]


class _ConnectionManager:
    def __init__(self) -> None:
        self.active: list[WebSocket] = []

    async def connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self.active.append(websocket)

    def disconnect(self, websocket: WebSocket) -> None:
        self.active.remove(websocket)

    async def broadcast(self, message: str) -> None:
        for connection in self.active:
            await connection.send_text(message)


app = FastAPI()
_manager = _ConnectionManager()


@app.websocket("/publish")
async def _publish(websocket: WebSocket) -> None:
    await _manager.connect(websocket)
    try:
        while True:
            await _manager.broadcast(await websocket.receive_text())
    except WebSocketDisconnect:
        _manager.disconnect(websocket)


@app.websocket("/echo")
async def _echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass

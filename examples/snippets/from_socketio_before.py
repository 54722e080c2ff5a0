from typing import Any

import socketio  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs] - it has no types

# --8<-- [start:server]
server: Any = socketio.AsyncServer(async_mode="asgi")
app = socketio.ASGIApp(server)


async def connect(sid: str, _environ: Any, auth: Any) -> bool:
    if not auth or not auth.get("name"):
        return False
    await server.save_session(sid, {"name": auth["name"]})
    return True


async def answer(sid: str, question: int, text: str) -> int:
    session = await server.get_session(sid)
    room = f"question-{question}"
    await server.enter_room(sid, room)
    await server.emit("answered", (session["name"], text), room=room)
    return len(text)


server.on("connect", connect)
server.on("answer", answer)
# --8<-- [end:server]

"""What the page of every example needs: its files, the SignalR client, and headers that let in nothing else."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.staticfiles import StaticFiles

__all__ = ["add_page"]

HERE: Final = Path(__file__).parent
CLIENT: Final = HERE / "node_modules/@microsoft/signalr/dist/browser/signalr.min.js"  # after `npm ci`
CDN: Final = "https://cdn.jsdelivr.net/npm/@microsoft/signalr@10.0.11/dist/browser/signalr.min.js"
CDN_HASH: Final = "sha384-N+pL/4qXZHZcvsa6hVMd5/7cdF3lC59ZMNHeQyRo5q9jmC7yw0hcJILPjUDSU7ZS"
IS_INSTALLED: Final = CLIENT.exists()
INSTALLED: Final = '<script defer src="/signalr.min.js"></script>'
ELSEWHERE: Final = f'<script defer src="{CDN}" integrity="{CDN_HASH}" crossorigin="anonymous"></script>'

HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'self'{'' if IS_INSTALLED else ' ' + CDN}; style-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        # The page itself, or Azure SignalR Service when the application runs on it.
        "connect-src 'self' https://*.service.signalr.net wss://*.service.signalr.net"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def add_page(app: FastAPI, folder: Path) -> None:
    """Serve `index.html` and `static/` of an example's folder, and what all examples share."""
    text = (
        (folder / "index.html")
        .read_text("utf-8")
        .replace("<!-- the SignalR client -->", INSTALLED if IS_INSTALLED else ELSEWHERE)
    )

    async def page() -> HTMLResponse:
        return HTMLResponse(text, headers=HEADERS)

    app.add_api_route("/", page, response_class=HTMLResponse, include_in_schema=False)
    app.add_api_route("/signalr.min.js", signalr_client, response_class=FileResponse, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=folder / "static"))
    app.mount("/shared", StaticFiles(directory=HERE / "shared"))


async def signalr_client() -> FileResponse:
    if not CLIENT.exists():
        raise HTTPException(404, "Run `npm ci` in the folder of the examples and restart.")
    return FileResponse(CLIENT)

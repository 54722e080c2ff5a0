"""The upstream of a hub for which no app answers."""

from http import HTTPStatus

from serverless_hub.service.ports import UpstreamResponse

__all__ = ["Nowhere"]


class Nowhere:
    """Answers every event with 404, as an app without that hub would."""

    async def post(self, headers: list[tuple[bytes, bytes]], body: bytes) -> UpstreamResponse:
        """Take the event nowhere."""
        del headers, body
        return UpstreamResponse(HTTPStatus.NOT_FOUND, b"", unmatched=True)

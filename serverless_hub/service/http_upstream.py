"""The way to an app in another process: HTTP over kept connections."""

from collections.abc import Sequence

from serverless_hub.http_client import HttpClient, HttpError, HttpTooLargeError
from serverless_hub.service.ports import MAX_ANSWER_BYTES, AnswerTooLargeError, UpstreamError, UpstreamResponse
from serverless_hub.service.upstream_template import UpstreamTemplate

__all__ = ["HttpUpstream"]


class HttpUpstream:
    """Posts events to the URL that `template` makes of them. Redirects are answers like others: not followed.

    Args:
        template: the URL.
        client: what sends; whoever made it opens and closes it.
        timeout: seconds that the app has for its whole answer.
    """

    def __init__(self, template: UpstreamTemplate, client: HttpClient, timeout: float) -> None:
        self._template = template
        self._client = client
        self._timeout = timeout

    async def post(self, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> UpstreamResponse:
        """Post one event."""
        said = {name.decode(): value.decode() for name, value in headers}
        url = self._template.url(said["x-asrs-hub"], said["x-asrs-category"], said["x-asrs-event"])
        try:
            response = await self._client.request(
                "POST", url, headers=said, body=body, timeout=self._timeout, max_bytes=MAX_ANSWER_BYTES
            )
        except HttpTooLargeError as error:
            raise AnswerTooLargeError(str(error)) from error
        except HttpError as error:
            hint = "; is the app running there?" if error.failure == "connect" else ""
            raise UpstreamError(f"{error}{hint}") from error
        return UpstreamResponse(response.status, response.body)

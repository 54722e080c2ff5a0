"""What the REST API answers: its two kinds of JSON objects, and refusals (REST API 2024-12-01, definitions)."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from serverless_hub.protocol.rest import ERROR_CODE_HEADER, ErrorCode

__all__ = ["Header", "Report", "RestRefusal", "Scope", "bad_request", "error_detail", "error_headers"]

Header = tuple[bytes, bytes]
Scope = Literal["Request", "Connection", "User", "Group"]
"""What an answer is about."""


@dataclass(frozen=True, slots=True)
class Report:
    """A ServiceResponse: what has been done, or that there was nothing to do."""

    scope: Scope = "Request"
    warning: str | None = None
    """The code where a name is unknown, which is no error."""

    def to_wire(self, status: HTTPStatus) -> dict[str, Any]:
        """Return its JSON object."""
        fields: dict[str, Any] = {"statusCode": int(status), "level": "Info", "scope": self.scope, "isSuccess": True}
        if self.warning is not None:
            fields |= {"code": self.warning, "level": "Warning", "errorKind": "NotExisted"}
        return fields


class RestRefusal(Exception):  # noqa: N818 - an answer, not an error
    """A request that is answered with `status`.

    Args:
        status: an HTTP error.
        text: for whoever wrote the request: what to change. It holds no token, no key and no argument.
        code: what `x-ms-error-code` says; none where there is no such header.
        headers: more of the answer.
    """

    def __init__(self, status: HTTPStatus, text: str, code: str | None = None, headers: Sequence[Header] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.headers = headers


def bad_request(text: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> RestRefusal:
    """Return the refusal of a request that would be wrong the next time, too."""
    return RestRefusal(status, text, ErrorCode.INVALID_REQUEST)


def error_detail(refusal: RestRefusal) -> dict[str, Any]:
    """Return the ErrorDetail of a refusal."""
    return {"code": refusal.code or refusal.status.phrase.replace(" ", ""), "message": str(refusal)}


def error_headers(refusal: RestRefusal) -> list[Header]:
    """Return the headers of a refusal."""
    code = [] if refusal.code is None else [(ERROR_CODE_HEADER.encode(), refusal.code.encode())]
    return [*code, *refusal.headers]

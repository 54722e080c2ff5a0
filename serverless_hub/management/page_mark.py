"""Where a list of group members goes on, when it runs over several endpoints: opaque to whoever keeps it meanwhile."""

from base64 import b64decode, urlsafe_b64encode

import msgspec

from serverless_hub.errors import InvalidArgumentError

__all__ = ["PageMark"]

_MAX_LENGTH = 16 * 1024


class PageMark(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The next page: of which endpoint, and where in its own list."""

    url: str
    """The endpoint's; only compared with those that there are, never asked."""
    continuation: str | None

    def encode(self) -> str:
        """Return a text of letters, digits, `-` and `_`."""
        return urlsafe_b64encode(msgspec.json.encode(self)).decode("ascii").rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "PageMark":
        """Read what `encode` returned.

        Raises:
            InvalidArgumentError: it is something else.
        """
        padded = text[:_MAX_LENGTH] + "=" * (-len(text) % 4)
        try:
            return msgspec.json.decode(b64decode(padded, altchars=b"-_", validate=True), type=cls)
        except (ValueError, RecursionError):  # base64 and msgspec raise what is a ValueError, too
            raise InvalidArgumentError("the continuation is not that of the page before: begin anew") from None

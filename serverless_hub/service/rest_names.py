"""What hubs, groups and streams may be called (REST API 2024-12-01, patterns of parameters)."""

from collections.abc import Mapping

from serverless_hub.protocol.endpoint import HUB_NAME
from serverless_hub.protocol.rest import MAX_GROUP_NAME, MAX_STREAM_ID
from serverless_hub.service.rest_answers import bad_request

__all__ = ["check_group", "check_names", "effective_hub"]


def check_names(names: Mapping[str, str]) -> None:
    """Check the names in a path.

    Raises:
        RestRefusal: 400, one is not possible.
    """
    if "group" in names:
        check_group(names["group"])
    if "stream" in names:
        _check_length("stream id", names["stream"], MAX_STREAM_ID)


def check_group(name: str) -> None:
    """Check the name of a group.

    Raises:
        RestRefusal: 400, it is not possible.
    """
    _check_length("name of a group", name, MAX_GROUP_NAME)


def effective_hub(hub: str, application: str | None) -> str:
    """Return what the service calls a hub: its application stands before it, and all is lower case.

    Raises:
        RestRefusal: 400, one of the names is not possible.
    """
    for kind, name in (("hub", hub), ("application", application)):
        if name is not None and not HUB_NAME.fullmatch(name):
            raise bad_request(
                f"the name of the {kind} has to begin with a letter and to have at most 128 letters, digits and _`,.[]"
            )
    return (hub if application is None else f"{application}_{hub}").lower()


def _check_length(what: str, text: str, most: int) -> None:
    if not text.strip() or len(text) > most:
        raise bad_request(f"the {what} has to have 1 to {most} characters that are not all blank")

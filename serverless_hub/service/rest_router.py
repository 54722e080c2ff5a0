"""Which operation a request asks for. Paths are compared segment by segment, so that ids may have any character."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import unquote

from serverless_hub.service.rest_answers import RestRefusal, bad_request
from serverless_hub.service.rest_operation import Operation

__all__ = ["RestRouter", "Route"]


@dataclass(frozen=True, slots=True)
class Route:
    """The methods of a path, and what its variable segments say."""

    methods: Mapping[str, Operation]
    names: Mapping[str, str]

    def operation(self, method: str) -> Operation:
        """Return what a method does.

        Raises:
            RestRefusal: 405, nothing.
        """
        found = self.methods.get(method)
        if found is None:
            allowed = ", ".join(sorted(self.methods))
            headers = [(b"allow", allowed.encode())]
            raise RestRefusal(HTTPStatus.METHOD_NOT_ALLOWED, f"this path takes {allowed}", headers=headers)
        return found


@dataclass(slots=True)
class _Node:
    methods: Mapping[str, Operation] = field(default_factory=dict[str, Operation])
    literal: "dict[str, _Node]" = field(default_factory=dict[str, "_Node"])
    variable: "tuple[str, _Node] | None" = None


class RestRouter:
    """A tree of segments.

    Args:
        routes: operations by path and method; a name in braces takes one segment that is not empty. At one place a
            path has either names in braces or fixed ones.
    """

    def __init__(self, routes: Mapping[str, Mapping[str, Operation]]) -> None:
        self._root = _Node()
        for path, methods in routes.items():
            self._leaf(path.split("/")).methods = methods

    def match(self, path: str) -> Route:
        """Return what is at a path, which is percent-encoded.

        Raises:
            RestRefusal: 404 where nothing is, 400 for a path that is not UTF-8.
        """
        node, names = self._root, dict[str, str]()
        try:
            segments = [unquote(segment, errors="strict") for segment in path.split("/")]
        except ValueError:
            raise bad_request("the path is not UTF-8 in percent-encoding") from None
        for segment in segments:
            following = node.literal.get(segment)
            if following is None and node.variable is not None and segment:
                name, following = node.variable
                names[name] = segment
            if following is None:
                break
            node = following
        else:
            if node.methods:
                return Route(node.methods, names)
        raise RestRefusal(HTTPStatus.NOT_FOUND, "the REST API of this service has no such path")

    def _leaf(self, segments: Sequence[str]) -> _Node:
        node = self._root
        for segment in segments:
            if segment.startswith("{"):
                if node.variable is None:
                    node.variable = (segment.strip("{}"), _Node())
                node = node.variable[1]
            else:
                node = node.literal.setdefault(segment, _Node())
        return node

"""Building validators and serializers of pydantic from schemas that were changed, with models in them.

By itself pydantic puts the finished validator or serializer of a model into each new one, changes or none.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

from pydantic_core import CoreSchema

from serverless_hub.hub.core_schemas import nodes

__all__ = ["WITH_CONFIG", "built_anew"]

WITH_CONFIG = frozenset(("model", "dataclass", "typed-dict"))
"""The schemas that have a config of their own."""
_one_at_a_time = Lock()


@contextmanager
def built_anew(schema: CoreSchema) -> Generator[None]:
    """Keep pydantic from putting what is finished of the models in `schema` into what is made meanwhile."""
    with _one_at_a_time:
        own: set[Any] = {node["cls"] for node in nodes(schema) if _is_own(node)}
        complete = {model: model.__pydantic_complete__ for model in own}
        for model in complete:
            model.__pydantic_complete__ = False
        try:
            yield
        finally:
            for model, value in complete.items():
                model.__pydantic_complete__ = value


def _is_own(node: Mapping[str, Any]) -> bool:
    return node["type"] in WITH_CONFIG and "__pydantic_complete__" in vars(node.get("cls", object))

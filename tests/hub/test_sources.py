"""Where the value of a parameter comes from."""

import logging
from dataclasses import dataclass
from inspect import Parameter
from typing import Annotated, Any, Optional

import pytest
from fastapi import BackgroundTasks, Cookie, Depends, Header, Query, Request, Security
from fastapi.requests import HTTPConnection
from pydantic import BaseModel, Field

from serverless_hub import InvocationContext
from serverless_hub.hub.injection import Source, source_of


class MyRequest(Request): ...


class MyLogger(logging.Logger): ...


@dataclass(frozen=True)
class MyContext(InvocationContext): ...


class Model(BaseModel): ...


def source(annotation: Any, default: Any = Parameter.empty) -> Source:
    parameter = Parameter("name", Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation, default=default)
    return source_of(parameter, "Chat.send")


@pytest.mark.requirement("binding.injected.anything")
@pytest.mark.parametrize(
    "annotation",
    [
        str,
        Model,
        list[int],
        Parameter.empty,
        Any,
        Optional[int],  # noqa: UP045 - the old spelling is the case
        Annotated[str, Field(max_length=3)],
        Annotated[Model, "anything"],
    ],
    ids=repr,
)
def test_an_ordinary_parameter_is_an_argument_of_the_call(annotation: Any) -> None:
    assert source(annotation) is Source.WIRE


def test_a_default_does_not_change_that() -> None:
    assert source(str, "text") is Source.WIRE


@pytest.mark.requirement("binding.injected.types")
@pytest.mark.parametrize("annotation", [InvocationContext, MyContext, Annotated[InvocationContext, "x"]], ids=repr)
def test_the_invocation_context_is_injected(annotation: Any) -> None:
    assert source(annotation) is Source.CONTEXT


@pytest.mark.requirement("binding.injected.types")
@pytest.mark.parametrize("annotation", [logging.Logger, MyLogger], ids=repr)
def test_a_logger_is_injected(annotation: Any) -> None:
    assert source(annotation) is Source.LOGGER


@pytest.mark.requirement("binding.injected.types")
@pytest.mark.parametrize("annotation", [Request, HTTPConnection, BackgroundTasks, MyRequest], ids=repr)
def test_request_and_background_tasks_are_fastapis(annotation: Any) -> None:
    assert source(annotation) is Source.FASTAPI


@pytest.mark.requirement("binding.injected.dependencies")
@pytest.mark.parametrize("marker", [Depends(str), Security(str, scopes=["x"]), Header(), Query(), Cookie()], ids=repr)
def test_what_is_declared_with_a_marker_of_fastapi_is_fastapis_in_both_spellings(marker: Any) -> None:
    assert source(Annotated[str, marker]) is Source.FASTAPI
    assert source(str, marker) is Source.FASTAPI

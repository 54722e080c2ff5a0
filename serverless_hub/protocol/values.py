"""Python values as JSON and MessagePack: what pydantic can serialise, either can carry.

Bytes are standard base64 text in JSON and binary in MessagePack; a date is ISO 8601 text in JSON and, with a time
zone, the timestamp extension (type -1) in MessagePack (HubProtocol.md, "Type mappings").
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import is_dataclass
from datetime import date, time
from typing import Any, Literal

import msgspec
import orjson
from pydantic import BaseModel, TypeAdapter
from pydantic_core import PydanticSerializationError, to_jsonable_python

__all__ = ["from_msgpack", "to_json", "to_msgpack"]

# Dates and times are written here, since orjson 3.13 writes a time of 10 milliseconds as 00:00:00.10000.
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def to_json(value: Any) -> bytes:
    """Encode `value` as compact JSON.

    Raises:
        TypeError: something in it has no JSON form, an integer is beyond 64 bits, or a text is not Unicode.
    """
    return orjson.dumps(value, default=_json_form, option=_OPTIONS)


def to_msgpack(value: Any) -> bytes:
    """Encode `value` as MessagePack.

    Raises:
        TypeError: something in it has no MessagePack form.
    """
    try:
        return _encode_msgpack(value)
    except (OverflowError, UnicodeError, RecursionError) as error:
        raise TypeError(f"cannot be sent as MessagePack: {error}") from error


def from_msgpack(data: bytes | msgspec.Raw) -> Any:
    """Decode one MessagePack value; extension types other than the timestamp become None.

    Raises:
        msgspec.MsgspecError: `data` is not one whole value.
        UnicodeDecodeError: a text is not UTF-8.
        RecursionError: it is nested too deeply.
    """
    return _decode_msgpack(data)


def _json_form(value: Any) -> Any:
    if isinstance(value, msgspec.Raw):
        return orjson.Fragment(bytes(value))
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode("ascii")
    return value.isoformat() if isinstance(value, date | time) else _plain(value, mode="json")


def _msgpack_form(value: Any) -> Any:
    return _plain(value, mode="python")


def _plain(value: Any, *, mode: Literal["json", "python"]) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode=mode, by_alias=True)
    if is_dataclass(value) and not isinstance(value, type):
        return TypeAdapter[Any](type(value)).dump_python(value, mode=mode, by_alias=True)
    try:
        return to_jsonable_python(value, by_alias=True)
    except PydanticSerializationError as error:
        raise TypeError(f"a value of type {type(value).__qualname__} cannot be sent") from error


def _drop_extension(_code: int, _data: memoryview) -> None:
    """Azure's own parser reads unknown extension types as null (MessagePackReaderExtensions.cs)."""


_encode_msgpack: Callable[[Any], bytes] = msgspec.msgpack.Encoder(enc_hook=_msgpack_form).encode
_decode_msgpack: Callable[[bytes | msgspec.Raw], Any] = msgspec.msgpack.Decoder(ext_hook=_drop_extension).decode

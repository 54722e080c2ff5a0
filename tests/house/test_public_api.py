"""What users can touch changes only where somebody says so."""

import difflib

import pytest

import serverless_hub
from tests.house.public_api import FILE, Package
from tests.house.tree import Source

MODULES = {
    "serverless_hub": "from serverless_hub.hub.chat import Chat\n__all__ = ['Chat']",
    "serverless_hub.errors": (
        "__all__ = ['LIMIT', 'Kind', 'WrongError', 'f']\nLIMIT: int = 5\nKind = str | None\n"
        "class WrongError(Exception):\n    code = 'wrong'\n"
        "@overload\ndef f(x: int) -> int: ...\n@overload\ndef f(x: str) -> str: ...\ndef f(x): ..."
    ),
    "serverless_hub.hub.chat": (
        "from serverless_hub.hub.groups import Groups as G\nfrom typing import TypeVar\n__all__ = ['Chat', 'hidden']\n"
        "_T = TypeVar('_T')\ndef hidden(): ...\n"
        "class Chat(Base[_T], naming='camel'):\n    '''Doc.'''\n"
        "    def __init__(self, name: str = 'it is no type') -> None:\n"
        "        self.name: str = name\n        self._own: Secret = 1\n        self.later = 2\n        x: int = 1\n"
        "    @property\n    def groups(self) -> 'G': ...\n    async def _inner(self, x: Secret): ...\n"
        "    async def send(self, /, text: str, *more: int, key: bytes = b'') -> None: ...\n"
        "    def __eq__(self, other): ...\n    _no = 1\n    (a, b) = 1, 2\n"
        "class Base:\n    size: int = 3\nclass Secret: ...\n"
    ),
    "serverless_hub.hub.groups": "__all__ = ['Groups']\nclass Groups:\n    def add(self, x: 'not a type,') -> _T: ...",
}
EXPECTED = """\
serverless_hub.Chat is serverless_hub.hub.chat.Chat
serverless_hub.errors.Kind
serverless_hub.errors.LIMIT
serverless_hub.errors.WrongError
serverless_hub.errors.f

serverless_hub.errors.Kind = str | None

serverless_hub.errors.LIMIT: int = 5

class serverless_hub.errors.WrongError(Exception)
    code = 'wrong'

@overload def serverless_hub.errors.f(x: int) -> int
@overload def serverless_hub.errors.f(x: str) -> str
def serverless_hub.errors.f(x)

class serverless_hub.hub.chat.Base()
    size: int = 3

class serverless_hub.hub.chat.Chat(Base[_T], naming='camel')
    def __init__(self, name: str='it is no type') -> None
    name: str
    @property def groups(self) -> 'G'
    async def send(self, /, text: str, *more: int, key: bytes=b'') -> None

class serverless_hub.hub.groups.Groups()
    def add(self, x: 'not a type,') -> _T
"""


def test_the_public_api_is_that_of_the_file() -> None:
    found, written = Package.ours().lines(), FILE.read_text("utf-8").splitlines()
    changes = "\n".join(difflib.unified_diff(written, found, "tests/public_api.txt", "the package", lineterm="", n=0))
    assert not changes, f"if that is meant, run `make public-api`:\n{changes}"


@pytest.mark.parametrize("name", serverless_hub.__all__)
def test_every_name_at_the_top_is_in_the_file(name: str) -> None:
    assert f"serverless_hub.{name} is serverless_hub." in FILE.read_text("utf-8")


def test_names_their_members_and_all_types_of_these_are_public_and_nothing_else() -> None:
    package = Package({name: Source.of(text, f"{name.replace('.', '/')}.py") for name, text in MODULES.items()})
    assert "\n".join(package.lines()) + "\n" == EXPECTED

"""A stand-in for a language model: it strings words together that it has seen next to each other."""

import random
from collections import defaultdict
from collections.abc import Generator, Sequence
from typing import Final

__all__ = ["babble"]

LEARNED: Final[str] = """
A hub is a class, and each of its methods is something that a page can call. A page can call a method and wait for the
answer, or call it and go on. The service keeps the lines to all pages open, so that the app can sleep between two
calls. The app hears of a call as a request, does what it has to do, and sends what it has to say. What it has to say
goes to one page, to a group of pages, or to all pages that are open. A group of pages is a name that the service
remembers, and a page can leave it as easily as it came. An answer that takes long is better sent word by word, because
the reader can start to read before the writer knows the end. The reader can stop the writer at any word, and the writer
does not mind. A word by itself is small, so the service sends it at once, and the page adds it to what it has. Nobody
has to wait for the end of a sentence to see that it goes nowhere. A sentence that goes nowhere is what this generator
is best at: this page is all that it has read. It knows which word may follow two others, and it throws a die to choose
one of them. A real model does the same with more words, more dice and more electricity. The page does not know the
difference, and the hub does not know it either.
"""
MOST_WORDS: Final = 160

_Followers = dict[tuple[str, str], list[str]]


def babble(question: str) -> Generator[str]:
    """Yield the words of an answer: always the same ones for a question, and always a whole number of sentences."""
    die = random.Random(question)  # noqa: S311 - nobody has to be kept from guessing the words
    followers = _followers(LEARNED.split())
    pair = die.choice([("A", "page"), ("The", "reader"), ("The", "app"), ("A", "sentence"), ("The", "page")])
    least = die.randint(40, 90)
    yield from pair
    for number in range(3, MOST_WORDS):
        word = die.choice(followers[pair])
        yield word
        pair = pair[1], word
        if number > least and word.endswith("."):
            return


def _followers(words: Sequence[str]) -> _Followers:
    followers: _Followers = defaultdict(list)
    for first, second, third in zip(words, [*words[1:], *words[:1]], [*words[2:], *words[:2]], strict=True):
        followers[first, second].append(third)  # the last words are followed by the first: there is always one more
    return followers

"""The budgets of the architecture: small files, short functions, few packages, few names at the top."""

import ast
from collections.abc import Sequence
from statistics import median, quantiles

import serverless_hub
from tests.house.tree import Function, Source, functions, sources

MEDIAN_FILE, LONGEST_FILE = 150, 400
P90_FUNCTION, LONGEST_FUNCTION = 30, 60
DEEPEST_PACKAGE = 2
MOST_NAMES = 20


def function_lines(function: Function) -> int:
    """Return the lines of a function with its decorators, without its docstring."""
    assert function.end_lineno is not None
    first = min(node.lineno for node in (function, *function.decorator_list))
    lines = function.end_lineno - first + 1
    text = function.body[0]
    if ast.get_docstring(function) is not None and text.end_lineno is not None:
        lines -= text.end_lineno - text.lineno + 1
    return lines


def file_sizes(files: Sequence[Source]) -> list[tuple[int, str]]:
    return sorted(((file.lines, file.path) for file in files), reverse=True)


def function_sizes(files: Sequence[Source]) -> list[tuple[int, str]]:
    sizes = [
        (function_lines(node), f"{file.path}:{node.lineno} {node.name}") for file in files for node in functions(file)
    ]
    return sorted(sizes, reverse=True)


def too_long(sizes: Sequence[tuple[int, str]], cap: int) -> list[str]:
    return [f"{name} has {lines} lines, more than {cap}" for lines, name in sizes if lines > cap]


def too_deep(files: Sequence[Source]) -> list[str]:
    levels = [(file.path, file.path.count("/")) for file in files]
    return [f"{path} is {level} packages deep" for path, level in levels if level > DEEPEST_PACKAGE]


def p90(sizes: Sequence[tuple[int, str]]) -> float:
    return quantiles([lines for lines, _ in sizes], n=10, method="inclusive")[-1]


def test_files_are_small() -> None:
    sizes = file_sizes(sources())
    assert too_long(sizes, LONGEST_FILE) == []
    assert median(lines for lines, _ in sizes) <= MEDIAN_FILE, sizes[: len(sizes) // 2]


def test_functions_are_short() -> None:
    sizes = function_sizes(sources())
    assert too_long(sizes, LONGEST_FUNCTION) == []
    assert p90(sizes) <= P90_FUNCTION, sizes[: len(sizes) // 10]


def test_packages_are_at_most_two_levels_deep() -> None:
    assert too_deep(sources()) == []


def test_there_are_few_names_at_the_top() -> None:
    assert len(serverless_hub.__all__) <= MOST_NAMES, serverless_hub.__all__


def test_a_docstring_does_not_count_and_a_decorator_does() -> None:
    file = Source.of('@property\ndef f():\n    """One.\n\n    Two.\n    """\n    return 1\n')
    assert function_sizes([file]) == [(3, "serverless_hub/sample.py:2 f")]


def test_a_function_that_is_only_a_text_has_one_line() -> None:
    assert function_sizes([Source.of('def f():\n    """Text."""\n')])[0][0] == 1


def test_what_is_over_a_cap_is_named_with_its_size() -> None:
    file = Source.of("def f():\n" + "    call()\n" * 60)
    assert too_long(function_sizes([file]), LONGEST_FUNCTION) == [
        "serverless_hub/sample.py:1 f has 61 lines, more than 60"
    ]
    assert too_long(file_sizes([file]), 60) == ["serverless_hub/sample.py has 61 lines, more than 60"]


def test_one_long_function_in_ten_raises_the_ninth_decile() -> None:
    assert p90([(9, "")] * 19 + [(50, "")]) == 9
    assert p90([(9, "")] * 17 + [(50, "")] * 3) == 50


def test_a_package_in_a_package_in_the_package_is_too_deep() -> None:
    path = "serverless_hub/a/b/c.py"
    assert too_deep([Source.of("", path), Source.of("", "serverless_hub/a/b.py")]) == [f"{path} is 3 packages deep"]

"""The page that compares us with Azure is what the manifest says."""

from tests.conformance.manifest import load, parse
from tests.conformance.parity import PAGE, page

SAMPLE = parse("""
[sources]
azure = "https://example.com/blob/HEAD/"
[one]
title = "One, and (only) one"
[one.same]
source = "azure: src/A.cs"
behaviour = "It does `a|b`."
[one.different]
source = "azure: src/B.cs"
behaviour = "It does this."
divergence = "Azure does that."
[one.again]
source = "azure: src/A.cs"
behaviour = "It does that, too."
[one.own]
source = "ours"
behaviour = "It does more."
""")


def test_the_page_is_up_to_date() -> None:
    assert page(load()) == PAGE.read_text("utf-8"), "run: python -m tests.conformance.parity"


def test_each_row_says_what_happens_here_what_on_azure_and_who_says_so() -> None:
    assert page(SAMPLE).partition("## One, and (only) one\n")[2] == (
        "\n"
        "| Here | On Azure | Source |\n"
        "|---|---|---|\n"
        "| It does `a\\|b`.<br>`one.same` | the same | [1] |\n"
        "| It does this.<br>`one.different` | Azure does that. | [2] |\n"
        "| It does that, too.<br>`one.again` | the same | [1] |\n"
        "| It does more.<br>`one.own` | \N{EN DASH} | ours |\n"
        "\n"
        "## Sources\n"
        "\n"
        "1. azure: [src/A.cs][1]\n"
        "2. azure: [src/B.cs][2]\n"
        "\n"
        "[1]: https://example.com/blob/HEAD/src/A.cs\n"
        "[2]: https://example.com/blob/HEAD/src/B.cs\n"
    )


def test_the_page_begins_with_counts_and_links_to_its_areas() -> None:
    lines = page(SAMPLE).splitlines()
    assert "**4 points**: 2 as on Azure, 1 different on purpose, 1 of our own." in lines
    assert "| [One, and (only) one](#one-and-only-one) | 4 | 1 |" in lines

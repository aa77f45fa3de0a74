"""What docs/wording-messages.md says comes out is what comes out."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from posthouse.rules.expressions import Evaluation, Facts, compile_expression
from posthouse.rules.templates import compile_template, render, render_document

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "wording-messages.md").read_text("utf-8")
DATA = msgspec.Raw(re.findall(r"the data `(\{.*\})`", PAGE)[0].encode())


def rows(heading: str) -> list[tuple[str, str]]:
    """The rows of the table with this heading, without the marks of code."""
    lines = PAGE.partition(f"| {heading}")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [(left.strip("`").replace("\\|", "|"), right) for left, right in cells]


def evaluation() -> Evaluation:
    return Evaluation(Facts({"type": "build.finished", "subject": "shop"}, DATA))


@pytest.mark.parametrize(("expression", "is_true"), rows("expression"))
def test_an_expression_is_as_true_as_the_page_says(expression: str, is_true: str) -> None:
    # The backticks at the end of a code span are its own where the expression has some.
    text = expression if expression.count("`") % 2 == 0 else f"{expression}`"
    assert evaluation().is_true(compile_expression(text)) is (is_true == "yes")


@pytest.mark.parametrize(("template", "said"), rows("template"))
def test_a_template_says_what_the_page_says(template: str, said: str) -> None:
    assert render(compile_template(template), evaluation(), length_max=1_000) == said


def test_the_document_of_the_page_can_be_rendered() -> None:
    (document,) = re.findall(r"```json\n(.*?)\n```", PAGE, re.DOTALL)
    rendered = msgspec.json.decode(render_document(document, evaluation()))
    assert rendered == {"text": "Build 7 of shop took 75 s"}

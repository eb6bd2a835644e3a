"""The page about capacity says what its figures come to."""

from pathlib import Path

import pytest

from examengine.drill.reckoning import figures_in, needs, reckoned

PAGE = Path(__file__).parents[2] / "docs" / "capacity.md"


def test_the_page_is_in_step_with_its_figures() -> None:
    text = PAGE.read_text("utf-8")
    assert reckoned(text) == text, "python -m examengine.drill.reckoning docs/capacity.md"


def test_needs_grow_with_people_and_hashing_can_be_moved_in_time() -> None:
    measured = figures_in(PAGE.read_text("utf-8"))
    few, many = needs(measured, 10_000), needs(measured, 1_000_000)
    assert many.starts == pytest.approx(100 * few.starts)
    assert many.cores == pytest.approx(100 * few.cores)
    assert many.early_cores == pytest.approx(many.cores - many.hash_cores * 5 / 6)


def test_a_page_without_a_figure_or_a_mark_is_refused() -> None:
    text = PAGE.read_text("utf-8")
    with pytest.raises(ValueError, match="save_ms"):
        reckoned(text.replace("`save_ms`", "save"))
    with pytest.raises(ValueError, match="lacks"):
        reckoned(text.replace("<!-- end -->", ""))

"""Scripts as Redis gets them: shorter than they are written, and the same."""

import re
from importlib.resources import files

import pytest

from examengine.live.scripts import lean, load, of_a_page

FOLDER = files("examengine.live") / "lua"
FILES = sorted(file.name.removesuffix(".lua") for file in FOLDER.iterdir())
SHARED = [name for name in FILES if name.startswith("_")]


def test_constants_are_filled_in_and_what_is_not_called_is_left_out() -> None:
    written = (
        "-- What it is about: B.\n"
        "local A, B = 1, 20\n"
        "local function told(h) return h[A] end\n"
        "\n"
        "local function called_by_nobody(h)\n"
        "  if told(h) then\n"
        "    return helper(h)\n"
        "  end\n"
        "end\n"
        "local function helper(h) return called_by_nobody_but_it(h) end\n"
        "return told({'a'}) -- with B\n"
        "  + B\n"
    )
    assert lean(written) == "local function told(h) return h[1] end\n\nreturn told({'a'})\n  + 20\n"


@pytest.mark.parametrize("name", [name for name in FILES if name not in SHARED])
def test_a_constant_never_stands_in_what_a_script_says(name: str) -> None:
    """Texts in quotes are Redis' commands, our words and fields: filling in must not reach them."""
    written = "\n".join((FOLDER / f"{part}.lua").read_text("utf-8") for part in (*SHARED, name))
    quoted = set(re.findall(r"'([^'\n]*)'", re.sub(r"--.*", "", written)))
    assert set(re.findall(r"'([^'\n]*)'", load(name, *SHARED).text)) <= quoted


def test_what_a_page_sends_all_the_time_brings_no_function_that_it_never_calls() -> None:
    text = of_a_page("pulse").text
    for name in re.findall(r"^local function (\w+)", text, re.MULTILINE):
        assert len(re.findall(rf"\b{name}\b", text)) > 1, name
    assert "hearsay" not in text
    assert not re.search(r"\bh\[[A-Z]", text)

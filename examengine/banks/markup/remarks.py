"""What an author should know of how an item is shown: pictures without words, formulas that cannot be read."""

from collections.abc import Iterator

from examengine.banks.item import Item
from examengine.banks.markup.formulas import unreadable_in
from examengine.banks.markup.show import Shown, show
from examengine.banks.problems import Part, Problem


def shown_problems(item: Item) -> tuple[Problem, ...]:
    """Warnings about stem, options and explanation as they will be seen."""
    texts: list[tuple[Part, str, str, int | None]] = [("stem", item.stem, item.markup, None)]
    texts += [("options", option.text, option.markup, index) for index, option in enumerate(item.options)]
    texts.append(("explanation", item.explanation, "", None))
    found: list[Problem] = []
    for part, text, markup, option in texts:
        if _may_say_something(text, markup):
            found += _of(part, option, show(text, markup) if markup else Shown(unreadable=unreadable_in(text)))
    return tuple(found)


def _may_say_something(text: str, markup: str) -> bool:
    """Most items hold neither pictures nor formulas, and a bank holds tens of thousands."""
    seen = markup or text
    return "\\" in seen or "$" in seen or "<img" in seen or "[tex]" in seen.lower()


def _of(part: Part, option: int | None, shown: Shown) -> Iterator[Problem]:
    if shown.speechless:
        message = "图片没有说明文字，看不见图的考生无法作答；请写一句图里有什么"
        yield Problem("warning", "image_alt_missing", part, message, option)
    for source in dict.fromkeys(shown.unreadable):
        message = f"公式“{source[:60]}”读不懂，考生会看到它的源码；请检查括号是否成对、命令是否写对"
        yield Problem("warning", "formula_unreadable", part, message, option)

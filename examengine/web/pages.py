"""Renders a page from its context, and a named block of it alone for htmx."""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from operator import attrgetter
from time import perf_counter
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, nodes, pass_context
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from examengine.logs import step
from examengine.web import messages, times
from examengine.web.assets import folder, version_of
from examengine.web.contexts import CONTEXT_OF
from examengine.web.wording import gettext, ngettext

_HOLE = f"hole.{secrets.token_hex(8)}."
"""Known to this process alone."""
_HOLES = re.compile(re.escape(_HOLE) + r"([\w.|]+);")
_ESCAPED = re.compile("[&<>'\"]")
_IN_ZONE = ("clock_time", "short_time", "day", "last_day", "moment", "end_moment", "exact", "iso")


class Hole(Markup):
    """Stands in a context for a value that differs from page to page; a filter puts its name behind it."""

    def through(self, name: str) -> "Hole":
        return Hole(f"{self[:-1]}|{name};")


def hole(path: str) -> Any:
    """A hole for what stands in the context at ``path``, as ``frame.person.name`` or ``rows.0.text``, or for
    pieces of that name.
    """
    return Hole(f"{_HOLE}{path};")


def _zoned(name: str) -> Any:
    write = getattr(times, name)

    @pass_context
    def in_zone(context: Context, at_ms: int | Hole) -> str:
        return at_ms.through(name) if isinstance(at_ms, Hole) else str(write(at_ms, context["frame"].zone))

    return in_zone


def _held(name: str) -> Any:
    write = getattr(times, name)
    return lambda value: value.through(name) if isinstance(value, Hole) else write(value)


class _Settling(NodeTransformer):
    """Says beforehand what is the same in every page: sentences without values in them, addresses of static files."""

    def __init__(self, environment: Environment) -> None:
        self._said: dict[str, Callable[[str], str]] = {
            # as the i18n extension says it: a format, safe as it stands
            "_": lambda text: Markup(gettext(text)) % {},  # noqa: S704
            "asset": cast(Callable[[str], str], environment.globals["asset"]),
        }

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - named by the library
        self.generic_visit(node)
        say = self._said.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        if say is None or node.kwargs or len(node.args) != 1 or not isinstance(node.args[0], nodes.Const):
            return node
        return nodes.Const(say(node.args[0].value), lineno=node.lineno)


class _Settled(Environment):
    """Templates are compiled with what :class:`_Settling` says: an exam page asks for ninety sentences."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        settled = _Settling(self).visit(super()._parse(source, name, filename))
        assert isinstance(settled, nodes.Template)
        return settled


def environment(asset_version: str) -> Environment:
    """The Jinja environment: strict about undefined names, everything escaped."""
    env = _Settled(
        loader=FileSystemLoader(folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    for name in _IN_ZONE:
        env.filters[name] = _zoned(name)
    for name in ("countdown", "span", "points", "size", "ordinal"):
        env.filters[name] = _held(name)
    env.globals["asset"] = lambda path: f"/static/{asset_version}/{path}"
    env.globals["words"] = messages
    # the same for every exam page: rendered once instead of looking up seventy sentences again
    env.globals["exam_wording"] = lru_cache(maxsize=1)(
        lambda: Markup(env.get_template("_exam_wording.html").render())  # noqa: S704 - a template's own output
    )
    return env


@lru_cache(maxsize=1)
def _shared() -> Environment:
    return environment(version_of(folder("static")))


def template(name: str) -> Template:
    """A fragment's template, for those who fill it in themselves."""
    return _shared().get_template(name)


def _values(name: str, context: object) -> dict[str, Any]:
    expected = CONTEXT_OF[name]
    if type(context) is not expected or not is_dataclass(context):
        raise TypeError(f"{name} shows {expected.__name__}, not {type(context).__name__}")
    return {f.name: getattr(context, f.name) for f in fields(context)}


def render(name: str, context: object) -> str:
    """The whole page. Raises TypeError when ``context`` is not the page's own dataclass."""
    began_s = perf_counter()
    html = _shared().get_template(name).render(_values(name, context))
    step("render", began_s)
    return html


@dataclass(frozen=True, slots=True)
class _Filling:
    """How the value of a hole is found in a context and written."""

    find: Callable[[Any], Any]
    filters: tuple[str, ...]

    def bytes_of(self, context: Any) -> bytes:
        value = self.find(context)
        for name in self.filters:
            write = getattr(times, name)
            value = write(value, context.frame.zone) if name in _IN_ZONE else write(value)
        if isinstance(value, int):
            return b"%d" % value
        if type(value) is str and _ESCAPED.search(value) is None:  # which takes a fifth of escaping it
            return value.encode()
        return escape(value).encode()


def _finder(path: str) -> Callable[[Any], Any]:
    """Finds what stands at a path, whose numbers are places in a row."""
    names = path.split(".")
    if not any(name.isdecimal() for name in names):
        return attrgetter(path)

    def find(context: Any) -> Any:
        for name in names:
            context = context[int(name)] if name.isdecimal() else getattr(context, name)
        return context

    return find


@lru_cache(maxsize=256)
def _skeleton(name: str, shape: object) -> tuple[tuple[bytes, ...], tuple[str, ...], Mapping[str, _Filling]]:
    """What stands between the holes, the holes in their order, and how each is filled."""
    texts = _HOLES.split(render(name, shape))
    holes = tuple(texts[1::2])
    fillings = {}
    for each in set(holes):
        path, *filters = each.split("|")
        fillings[each] = _Filling(_finder(path), tuple(filters))
    return tuple(text.encode() for text in texts[::2]), holes, fillings


def render_shaped(name: str, context: object, shape: object, **pieces: bytes) -> bytes:
    """The whole page of ``context``, encoded. ``shape`` is the same context with holes in place of all that differs
    between pages of this kind: it is rendered once, and pages are joined from what stands between its holes and what
    belongs into them. ``pieces`` fill holes of their name, as they are.

    Raises:
        TypeError: ``shape`` is not the page's own dataclass.
    """
    began_s = perf_counter()
    between, holes, fillings = _skeleton(name, shape)
    filled = {
        each: pieces[each] if each in pieces else filling.bytes_of(context) for each, filling in fillings.items()
    }
    parts = [between[0]]
    for each, text in zip(holes, between[1:], strict=True):
        parts += (filled[each], text)
    step("render", began_s)
    return b"".join(parts)


def render_block(name: str, block: str, context: object) -> str:
    """One named block of the page. Raises KeyError when the page has no such block."""
    template = _shared().get_template(name)
    return "".join(template.blocks[block](template.new_context(_values(name, context))))

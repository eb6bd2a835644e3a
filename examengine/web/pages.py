"""Renders a page from its context, and a named block of it alone for htmx."""

from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from examengine.web import messages, times
from examengine.web.assets import folder, version_of
from examengine.web.contexts import CONTEXT_OF
from examengine.web.wording import gettext, ngettext


def _zoned(name: str) -> Any:
    write = getattr(times, name)

    @pass_context
    def in_zone(context: Context, at_ms: int) -> str:
        return str(write(at_ms, context["frame"].zone))

    return in_zone


def environment(asset_version: str) -> Environment:
    """The Jinja environment: strict about undefined names, everything escaped."""
    env = Environment(
        loader=FileSystemLoader(folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    for name in ("clock_time", "short_time", "day", "last_day", "moment", "end_moment", "exact", "iso"):
        env.filters[name] = _zoned(name)
    for name in ("countdown", "span", "points", "size", "ordinal"):
        env.filters[name] = getattr(times, name)
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
    return _shared().get_template(name).render(_values(name, context))


def render_block(name: str, block: str, context: object) -> str:
    """One named block of the page. Raises KeyError when the page has no such block."""
    template = _shared().get_template(name)
    return "".join(template.blocks[block](template.new_context(_values(name, context))))

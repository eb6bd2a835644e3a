"""What stands around every page, and the small pieces that several pages share."""

from dataclasses import dataclass, field
from typing import Literal

Tone = Literal["plain", "go", "run", "good", "bad", "wait"]
AlertTone = Literal["info", "success", "warning", "danger"]


@dataclass(frozen=True, slots=True)
class Person:
    """The one signed in. ``document_masked`` shows three places at the front and four at the end."""

    name: str
    document_masked: str
    document_tail: str


@dataclass(frozen=True, slots=True)
class Act:
    """Something to press: a link, or a form that posts to ``href`` when ``post``."""

    href: str
    text: str
    post: bool = False


@dataclass(frozen=True, slots=True)
class NavLink:
    href: str
    text: str
    here: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True)
class Alert:
    """A message at the top of a page: what happened, what it means, what to do now."""

    tone: AlertTone
    title: str
    text: str = ""
    act: Act | None = None


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error that stands beside ``field`` (the control's name) and in the list at the top."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of a facts table."""

    term: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Paging:
    """``href`` ends so that the page number can be put behind it: ``…?page=``."""

    page: int
    pages: int
    total: int
    href: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Around the page. ``form_token`` stands in every form; ``zone`` is the IANA zone of all times shown; ``who`` is
    an opaque mark of the person, by which the browser tells whose answers it keeps.
    """

    authority: str
    hotline: str
    hotline_hours: str
    zone: str
    now_ms: int
    form_token: str
    person: Person | None = None
    nav: tuple[NavLink, ...] = ()
    text_size: int = 18
    demo: bool = False
    flash: Alert | None = None
    who: str = ""

    @property
    def is_staff(self) -> bool:
        """Whether the one signed in has work here: the pages of staff, header and foot with them, are wide."""
        return any(link.href != "/my" for link in self.nav)


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Something went wrong: what happened, what it means, what to do now."""

    frame: Frame
    status: int
    title: str
    text: str
    next_text: str = ""
    acts: tuple[Act, ...] = ()
    code: str = field(default="")

"""The receipt on the result page, and the public page that checks one."""

from dataclasses import dataclass

from markupsafe import Markup

from examengine.web.contexts.frame import FieldError, Frame


@dataclass(frozen=True, slots=True)
class ReceiptShown:
    """A receipt to keep: number and short digest in groups, ``qr`` leads to the public page."""

    number: str
    digest: str
    ended_ms: int
    answered: int
    questions: int
    address: str
    file_href: str
    qr: Markup


@dataclass(frozen=True, slots=True)
class ReceiptCheck:
    """``/receipt``. ``agrees`` None: nothing was checked yet. ``wait_s``: too many tries from this address."""

    frame: Frame
    number: str = ""
    digest: str = ""
    agrees: bool | None = None
    wait_s: int = 0
    errors: tuple[FieldError, ...] = ()

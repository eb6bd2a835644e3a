"""Pages on the accounts of staff: their second factor, the lock, the security administrator's pages."""

from dataclasses import dataclass

from markupsafe import Markup

from examengine.web.contexts.frame import Alert, Fact, FieldError, Frame, NavLink, Tone


@dataclass(frozen=True, slots=True)
class Unlock:
    """The session was left alone for long. ``fields`` are those of the form that was sent to ``action``;
    ``with_code``: asked is the code, otherwise the password; ``lost``: what was sent cannot be held (a file).
    """

    frame: Frame
    action: str = "/unlock"
    fields: tuple[tuple[str, str], ...] = ()
    with_code: bool = False
    lost: bool = False
    next: str = ""
    errors: tuple[FieldError, ...] = ()
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class FactorCode:
    """Asks for the code after the password. ``demo_code``: what the telephone would show, in the demo alone."""

    frame: Frame
    next: str = ""
    demo_code: str = ""
    errors: tuple[FieldError, ...] = ()
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class FactorSetUp:
    """``picture``: the QR code as SVG; ``secret``: the same in groups, to be typed; ``draft`` goes through the
    form.
    """

    frame: Frame
    picture: Markup
    secret: str
    draft: str
    next: str = ""
    required: bool = False
    replaces: bool = False
    demo_code: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class RecoveryCodes:
    """Shown once; ``fresh``: the second factor was set up just now."""

    frame: Frame
    codes: tuple[str, ...]
    fresh: bool
    next: str = "/"


@dataclass(frozen=True, slots=True)
class FactorKept:
    """One's own second factor. ``since_ms`` None: there is none."""

    frame: Frame
    since_ms: int | None
    codes_left: int = 0
    required: bool = False
    errors: tuple[FieldError, ...] = ()
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class StaffLine:
    """One account; ``tone`` and ``factor`` say whether a second factor is used."""

    person_id: int
    name: str
    document_masked: str
    unit: str
    roles: tuple[str, ...]
    factor: str
    tone: Tone
    last_in_ms: int | None
    shut: bool = False


@dataclass(frozen=True, slots=True)
class ActLine:
    """Something that was done to an account, in words."""

    at_ms: int
    what: str
    by: str
    reason: str
    ticket: str = ""
    person_id: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class StaffList:
    """Accounts of staff; after a search those who were found, whatever their roles."""

    frame: Frame
    rows: tuple[StaffLine, ...]
    tabs: tuple[NavLink, ...] = ()
    query: str = ""
    asked: bool = False
    recent: tuple[ActLine, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role that is or was held; ``take_href``: where it is taken, empty where it may not be."""

    text: str
    since_ms: int
    by: str
    until_ms: int | None = None
    until_by: str = ""
    take_href: str = ""


@dataclass(frozen=True, slots=True)
class RoleOffer:
    """A role to give; ``why_not`` says why it cannot be given."""

    text: str
    about: str
    href: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class SignInLine:
    """A try to sign in."""

    at_ms: int
    outcome: str
    tone: Tone
    device: str


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """An account as the security administrator sees it; ``own``: his own, at which he does nothing."""

    frame: Frame
    name: str
    facts: tuple[Fact, ...]
    roles: tuple[RoleRow, ...]
    offers: tuple[RoleOffer, ...]
    acts: tuple[tuple[str, str, str], ...]
    quotas: tuple[Fact, ...]
    sign_ins: tuple[SignInLine, ...]
    history: tuple[ActLine, ...]
    own: bool = False
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class AccountActPage:
    """One act on an account before it is done: what it comes to, and why. ``grave``: it takes something away."""

    frame: Frame
    person_id: int
    name: str
    document_masked: str
    title: str
    english: str
    effects: tuple[str, ...]
    action: str
    intent: str
    button: str
    reasons: tuple[tuple[str, str], ...]
    grave: bool = False
    reason: str = ""
    note: str = ""
    ticket: str = ""
    errors: tuple[FieldError, ...] = ()
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class NewStaffPage:
    """The form for a new account; ``values`` by the name of the field."""

    frame: Frame
    intent: str
    doc_types: tuple[tuple[str, str], ...]
    roles: tuple[tuple[str, str], ...]
    reasons: tuple[tuple[str, str], ...]
    values: dict[str, str]
    known_href: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class PasswordTold:
    """A one-time password, shown once."""

    frame: Frame
    person_id: int
    name: str
    password: str
    title: str

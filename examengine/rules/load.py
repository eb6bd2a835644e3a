"""From a TOML file to a checked :class:`Rulebook`.

Every key must be known, every leaf must have a provenance and every provenance a leaf; all faults of a file are
reported at once. Values may be overridden by dotted keys ("exam.minutes") to ask what other rules would decide.
"""

import hashlib
import json
import re
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from examengine.findings import Finding
from examengine.rules.checks import check
from examengine.rules.rulebook import ChoiceSection, MultipleSection, Rulebook, WrittenSection

MAX_FILE_BYTES = 256 * 1024
MAX_DEPTH = 16
PROVENANCE = "provenance"
DISPLAY_KEYS = frozenset({"meta.content_topics", "exam.support_phone", "support.hours", "support.workdays_only"})
"""Leaves that only people read; they stay out of the digest."""
CONFIRMABLE_TABLES = ("exam.", "hours.", "window.")
"""Assumed values of these tables keep a rulebook from being published until a named person confirms each."""
_LEAF_TABLES = (ChoiceSection, MultipleSection, WrittenSection)
_TOO_DEEP = "嵌套太深，不像一份规则"
_PROVENANCE_FORM = re.compile(r"[SI]:.*\S.*|D(:.*)?")


class RulebookError(ValueError):
    """A rulebook cannot be used; ``findings`` say where and why."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("；".join(f"{finding.where}：{finding.message}" for finding in findings))
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file's outcome: ``rulebook`` is None where a finding is an error."""

    rulebook: Rulebook | None
    findings: tuple[Finding, ...]
    provenance: Mapping[str, str]
    content: Mapping[str, Any]

    def assumed(self) -> tuple[str, ...]:
        """Keys whose value no notice states and that must be confirmed before publishing (A-47)."""
        return tuple(
            key
            for key, source in self.provenance.items()
            if source.split(":")[0] == "D" and key.startswith(CONFIRMABLE_TABLES)
        )


def rulebook_ids() -> tuple[str, ...]:
    """The rulebooks that come with the package."""
    years = resources.files("examengine.rules") / "years"
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in years.iterdir() if entry.name.endswith(".toml"))
    )


def packaged_text(rulebook_id: str) -> str:
    """The TOML text of a rulebook that comes with the package.

    Raises:
        KeyError: there is none of that id.
    """
    if rulebook_id not in rulebook_ids():
        raise KeyError(rulebook_id)
    return (resources.files("examengine.rules") / "years" / f"{rulebook_id}.toml").read_text("utf-8")


@cache
def packaged(rulebook_id: str) -> Rulebook:
    """A packaged rulebook, checked.

    Raises:
        KeyError: there is none of that id.
        RulebookError: the file is faulty.
    """
    return usable(load(packaged_text(rulebook_id), name=rulebook_id))


def usable(loaded: Loaded) -> Rulebook:
    """The rulebook of a load without errors.

    Raises:
        RulebookError: there was an error.
    """
    if loaded.rulebook is None:
        raise RulebookError(tuple(f for f in loaded.findings if f.severity == "error"))
    return loaded.rulebook


def load(text: str, *, name: str | None = None, override: Mapping[str, Any] | None = None) -> Loaded:
    """Read, override and check a rulebook.

    Args:
        text: TOML.
        name: the file's name without ending; ``meta.id`` must equal it.
        override: dotted keys to values; ``None`` takes a key away.
    """
    if len(text.encode()) > MAX_FILE_BYTES:
        return _unreadable("文件超过 256 KiB，不像一份规则")
    try:
        content: dict[str, Any] = tomllib.loads(text)
    except ValueError as error:  # besides TOMLDecodeError, integers of thousands of digits
        return _unreadable(f"不是有效的 TOML：{error}")
    except RecursionError:
        return _unreadable(_TOO_DEEP)
    if _too_deep(content) or _too_deep(override or {}):
        return _unreadable(_TOO_DEEP)
    raw_provenance = content.pop(PROVENANCE, {})
    provenance = {str(key): str(value) for key, value in _mapping(raw_provenance).items()}
    findings = _provenance_findings(content, provenance)
    if name is not None and _mapping(content.get("meta")).get("id") != name:
        findings.append(Finding("warning", "id_differs", "meta.id", f"应与文件名一致：{name}"))
    for key, value in (override or {}).items():
        _set(content, key, value)
    if _too_deep(content):
        return _unreadable(_TOO_DEEP)
    built = _build(Rulebook, content, "", findings)
    rulebook = None
    if built is not None and not any(f.severity == "error" for f in findings):
        rulebook = replace(typing.cast(Rulebook, built), digest=digest_of(content))
        findings += check(rulebook)
    if any(f.severity == "error" for f in findings):
        rulebook = None
    return Loaded(rulebook, tuple(findings), provenance, content)


def digest_of(content: Mapping[str, Any]) -> str:
    """``sha256:…`` over the canonical JSON of everything but display data and provenance."""
    kept = {key: value for key, value in flatten(content).items() if key not in DISPLAY_KEYS}
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def flatten(content: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves by dotted key; the sections of a paper are leaves."""
    leaves: dict[str, Any] = {}

    def walk(table: Mapping[str, Any], cls: type | None, path: str) -> None:
        hints = _hints(cls) if cls else {}
        for key, value in table.items():
            inner = _table_of(hints.get(key))
            if isinstance(value, dict) and (inner or cls is None):
                walk(value, inner, f"{path}{key}.")
            else:
                leaves[path + key] = value

    walk(content, Rulebook, "")
    return leaves


def plain(content: Mapping[str, Any]) -> Any:
    """``content`` as JSON values, whatever a faulty file holds: dates as ISO 8601, decimals as strings."""
    return json.loads(json.dumps(_exact(content), ensure_ascii=False, default=str))


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)


def _unreadable(message: str) -> Loaded:
    return Loaded(None, (Finding("error", "unreadable", "文件", message),), {}, {})


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _set(content: dict[str, Any], dotted: str, value: Any) -> None:
    *tables, last = dotted.split(".")
    here = content
    for table in tables:
        inner = here.get(table)
        if not isinstance(inner, dict):
            inner = here[table] = {}
        here = inner
    if value is None:
        here.pop(last, None)
    else:
        here[last] = _exact(value)


def _too_deep(content: Mapping[str, Any]) -> bool:
    """Whether tables and lists stand deeper in each other than any rule does; nothing recursive sees them then."""
    level: list[Any] = [content]
    for _ in range(MAX_DEPTH):
        tables = (list(value.values()) if isinstance(value, Mapping) else value for value in level)
        level = [inner for table in tables if isinstance(table, list) for inner in table]
    return bool(level)


def _exact(value: Any) -> Any:
    """A copy in which numbers with a fraction are decimals: no float decides anything."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, dict):
        return {key: _exact(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_exact(inner) for inner in value]
    return value


def _provenance_findings(content: Mapping[str, Any], provenance: Mapping[str, str]) -> list[Finding]:
    leaves = flatten(content)
    findings = [
        Finding("error", "no_provenance", key, "缺少出处：在 [provenance] 写明 S:条款、I:条款 或 D")
        for key in leaves
        if key not in provenance
    ]
    findings += [
        Finding("error", "provenance_without_value", key, "[provenance] 里有出处，文件里却没有这个值")
        for key in provenance
        if key not in leaves
    ]
    findings += [
        Finding("error", "bad_provenance", key, f"出处写作 S:…、I:… 或 D，现为 {source!r}")
        for key, source in provenance.items()
        if not _PROVENANCE_FORM.fullmatch(source)
    ]
    return findings


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _table_of(hint: Any) -> type | None:
    """The dataclass behind a field that is a table of the file."""
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    for option in options:
        if isinstance(option, type) and is_dataclass(option) and option not in _LEAF_TABLES:
            return option
    return None


def _build(cls: type, table: Mapping[str, Any], path: str, findings: list[Finding]) -> object | None:
    """An instance of ``cls``; faults go to ``findings`` and make the result None."""
    hints = _hints(cls)
    known = {f.name: f for f in fields(cls) if not (cls is Rulebook and f.name == "digest")}
    values: dict[str, Any] = {}
    sound = True
    for key in table:
        if key not in known:
            findings.append(Finding("error", "unknown_key", path + key, "规则表里没有这个参数；请核对拼写"))
            sound = False
    for key, spec in known.items():
        where = path + key
        inner = _table_of(hints[key])
        if key not in table:
            if spec.default is MISSING and spec.default_factory is MISSING:
                findings.append(Finding("error", "missing", where, "缺少这一项"))
                sound = False
            continue
        if inner is not None:
            if not isinstance(table[key], dict):
                findings.append(Finding("error", "not_a_table", where, "应是一张表"))
                sound = False
                continue
            values[key] = _build(inner, table[key], where + ".", findings)
            sound = sound and values[key] is not None
            continue
        try:
            if _holds_float(table[key]):
                raise msgspec.ValidationError('带小数的数写成字符串，如 "1.5"')
            if isinstance(table[key], dict) and _unknown_inside(hints[key], table[key]):
                raise msgspec.ValidationError(f"未知的键 {_unknown_inside(hints[key], table[key])}")
            values[key] = msgspec.convert(table[key], hints[key])
            if not _is_whole_hundredths(values[key]):
                raise msgspec.ValidationError("应是小于一百万、至多两位小数的数")
        except msgspec.ValidationError as error:
            findings.append(Finding("error", "bad_value", where, f"值不合要求：{error}"))
            sound = False
    return cls(**values) if sound else None


def _holds_float(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(_holds_float(inner) for inner in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, float)


def _is_whole_hundredths(value: object) -> bool:
    """Whether a decimal, or what a section says in points, counts in hundredths; true of every other value."""
    if isinstance(value, _LEAF_TABLES):
        return _is_whole_hundredths(value.points) and _is_whole_hundredths(getattr(value, "tolerance", None))
    if not isinstance(value, Decimal):
        return True
    number = value
    is_bounded = number.is_finite() and number.adjusted() < 6  # arithmetic itself may overflow
    return is_bounded and number == number.quantize(Decimal("0.01"))


def _unknown_inside(hint: Any, value: dict[str, Any]) -> str:
    for option in typing.get_args(hint):
        if isinstance(option, type) and is_dataclass(option):
            return ", ".join(sorted(set(value) - {f.name for f in fields(option)}))
    return ""

"""Whatever stands in a case or a rulebook: a result, or one clear line; nothing else is ever raised."""

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from examengine.rules.case import CaseError, run_case
from examengine.rules.load import RulebookError, flatten, load, packaged_text, plain, rulebook_ids
from tests.rules.cases import TWO, Event, ev, ready_2014, sat

swarm = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 70)
    | st.sampled_from([2**63 - 1, -(2**63), 10**30, 0.5, 1e300, 60.0])
    | st.sampled_from(["", "60", "NaN", "-1", "1e999999", "2014-10-31", "0001-01-01", "9999-12-31", "guangxi-2014"])
    | st.sampled_from(["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+08:00", "Asia", "Etc/GMT+12", "\u0000", "字\n符"])
    | st.text(max_size=6)
)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["at", "what", "count", "points", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)
STORY: list[Event] = [
    *ready_2014(),
    *sat("2014-06-01 09:00", "2014-06-01 09:30", 10),
    ev("accommodate", "2014-06-01 10:00", percent=25, by="李四", reason="视力", id="a"),
    ev("start", "2014-06-01 11:00"),
    ev("extra_time", "2014-06-01 11:10", minutes=10, by="李四", reason="停电", id="t"),
    ev("void", "2014-06-01 11:20", attempt=1, round=1, by=TWO, reason="停电"),
    ev("rescore", "2014-06-01 11:30", attempt=1, score="70.5", by=TWO),
    ev("compensate", "2014-06-01 11:40", attempts=1, by=TWO, reason="停电", id="c"),
    ev("undo", "2014-06-01 11:50", undo="c"),
    ev("grant", "2014-06-01 11:55", attempts=1, by="李四", reason="电话", expires_at="2014-06-09T00:00:00"),
    ev("register_batch", "2014-06-01 11:55", batch=1),
]
CASE: dict[str, Any] = {
    "rulebook": "guangxi-2014",
    "override": {"exam.minutes": 90},
    "person": {"category": "pro_tech"},
    "events": STORY,
    "ask": [ev("start", "2014-06-03 10:00"), ev("grant", "2014-06-03 11:00", attempts=1)],
}
KEYS = sorted({key for book in rulebook_ids() for key in flatten(load(packaged_text(book)).content)})


def places_of(value: Any, path: tuple = ()) -> list[tuple]:
    """The path of every value inside ``value``."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, below in inner for place in places_of(below, (*path, key)))]


def put(value: Any, path: tuple, new: Any) -> Any:
    """A copy of ``value`` with ``new`` at ``path``."""
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(value[path[0]], path[1:], new)
    return copy


def survives(data: bytes) -> None:
    said = ""
    try:
        json.dumps(run_case(data), allow_nan=False)
    except (CaseError, RulebookError) as fault:
        said = str(fault)
    assert "\n" not in said


@swarm
@given(st.sampled_from(places_of(CASE)), ANY_JSON)
def test_a_case_with_anything_anywhere(path: tuple, new: Any) -> None:
    survives(json.dumps(put(CASE, path, new)).encode())


@swarm
@given(st.sampled_from(rulebook_ids()), st.dictionaries(st.sampled_from(KEYS), ANY_JSON, min_size=1, max_size=3))
@example("guangxi-2014", {"meta.timezone": "Asia"})
@example("guangxi-2014", {"window.closes_on": "9999-12-31"})
def test_a_rulebook_with_anything_anywhere(book: str, override: dict[str, Any]) -> None:
    survives(json.dumps(CASE | {"rulebook": book, "override": override}).encode())


@swarm
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    survives(data)


@swarm
@given(st.sampled_from(rulebook_ids()), st.integers(0, 200), st.text(max_size=12))
def test_a_file_with_anything_in_any_line(book: str, number: int, new: str) -> None:
    lines = packaged_text(book).split("\n")
    lines[number] = new
    loaded = load("\n".join(lines))
    assert (loaded.rulebook is None) == any(finding.severity == "error" for finding in loaded.findings)
    json.dumps(plain(loaded.content), allow_nan=False)

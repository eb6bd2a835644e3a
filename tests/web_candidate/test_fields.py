"""What the exam page's script sends is read as the library would read it."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.web.candidate.live import MAX_FIELDS, _fields

NAMES = st.text("abtnikv", min_size=1, max_size=3)


@given(st.lists(st.tuples(NAMES, st.text()), max_size=MAX_FIELDS))
def test_a_form_is_read_as_the_library_reads_it(pairs: list[tuple[str, str]]) -> None:
    body = urlencode(pairs)
    expected = dict(parse_qsl(body, keep_blank_values=True))
    assert _fields(body.encode()) == (expected or {"": ""})


@pytest.mark.parametrize("body", [b"v=%E4%BD%A0+%2B", b"v=", b"v", b"v=a=b", b"v=1&v=2", b"v=%zz"])
def test_odd_values_too(body: bytes) -> None:
    assert _fields(body) == dict(parse_qsl(body.decode(), keep_blank_values=True))


def test_too_many_fields_or_other_signs_are_no_form() -> None:
    assert _fields(b"&".join([b"a=1"] * (MAX_FIELDS + 1))) == {}
    assert _fields("v=你".encode()) == {}

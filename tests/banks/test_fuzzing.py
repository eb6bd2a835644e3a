"""Files that nobody wrote give findings and nothing else; ``make fuzz`` tries many more."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examengine.banks.readers import read_bank
from examengine.banks.readers.formats import FORMATS
from tests.banks.builders import codes
from tests.banks.foreign_builders import read
from tests.banks.fuzz import SEEDS, mutated, only_findings

IN_PROCESS = tuple(form for form in FORMATS if form != "sheet")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.sampled_from([seed for seed in SEEDS if seed[:2] != b"PK"]), chance=st.randoms(use_true_random=False))
def test_a_file_with_mistakes_gives_findings_only(seed: bytes, chance: random.Random) -> None:
    only_findings(mutated(seed, chance), None)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.sampled_from([seed for seed in SEEDS[1:] if seed[:2] == b"PK"]), chance=st.randoms(use_true_random=False)
)
def test_a_package_with_mistakes_gives_findings_only(seed: bytes, chance: random.Random) -> None:
    only_findings(mutated(seed, chance), None)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    data=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore"))),
    form=st.sampled_from(IN_PROCESS),
)
def test_any_bytes_read_as_any_format_give_findings_only(data: bytes, form: str) -> None:
    if data:
        only_findings(data, form)


def test_a_seed_as_it_stands_is_read_without_an_error() -> None:
    for seed in SEEDS:
        assert only_findings(seed, None) in FORMATS


@pytest.mark.parametrize("cut", [3, 40, 200, 1000])
def test_a_workbook_that_breaks_off_is_refused(cut: int) -> None:
    assert codes(read_bank(SEEDS[0][:-cut], "题库.xlsx")) == ["file_truncated"]


@pytest.mark.parametrize("form", ["moodle_xml", "qti"])
def test_entities_that_grow_are_refused(form: str) -> None:
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE quiz [<!ENTITY a0 "x">{lines}]><quiz>&a9;</quiz>'
    assert codes(read(bomb, form)) == ["xml_entities"]  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["<a>" * 5_000, "<quiz>" + "<question>" * 5_000, "[" * 100_000, '{"a":' * 50_000])
def test_what_is_nested_too_deeply_is_refused(text: str) -> None:
    for form in ("moodle_xml", "qti", "json"):
        reading = read(text, form)  # type: ignore[arg-type]
        assert (reading.total, bool(codes(reading, "error"))) == (0, True)

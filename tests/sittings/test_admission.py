"""How many are let in a second where no setting says so."""

import pytest

from examengine.sittings.admission import sign_ins_a_second, starts_a_second


@pytest.mark.parametrize(("cores", "one_writer", "expected"), [(1, True, 40), (64, True, 40), (2, False, 120)])
def test_starts_go_by_cores_and_one_writer_by_itself(cores: int, one_writer: bool, expected: float) -> None:
    assert starts_a_second(cores, one_writer=one_writer) == expected


def test_half_of_the_cores_look_at_passwords() -> None:
    assert sign_ins_a_second(2, 0.025) == pytest.approx(40)
    assert sign_ins_a_second(1, 3.0) == 1.0
    assert sign_ins_a_second(4, 0.0) > 1_000

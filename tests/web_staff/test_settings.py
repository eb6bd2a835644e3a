"""Settings on staff: strict where nothing is said."""

import pytest

from examengine.settings import SettingsError, from_environment

BARE = {"EXAMENGINE_DATA_DIR": "/var/lib/examengine", "EXAMENGINE_PUBLIC_URL": "https://exam.example.cn"}


@pytest.mark.parametrize(
    ("given", "required", "idle_minutes"),
    [
        ({}, True, 30),
        ({"SECOND_FACTOR": "required", "STAFF_IDLE_MINUTES": "5"}, True, 5),
        ({"SECOND_FACTOR": "optional", "STAFF_IDLE_MINUTES": "60"}, False, 60),
    ],
)
def test_a_second_factor_and_the_lock_are_on_unless_said_otherwise(
    given: dict[str, str], required: bool, idle_minutes: int
) -> None:
    settings = from_environment({**BARE, **{f"EXAMENGINE_{name}": value for name, value in given.items()}})
    assert settings.second_factor_required is required
    assert settings.staff_idle_ms == idle_minutes * 60_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECOND_FACTOR", "no"),
        ("STAFF_IDLE_MINUTES", "4"),
        ("STAFF_IDLE_MINUTES", "61"),
        ("STAFF_IDLE_MINUTES", "-5"),
        ("STAFF_IDLE_MINUTES", "³0"),
        ("STAFF_IDLE_MINUTES", "9999"),
        ("STARTS_PER_S", "0"),
        ("STARTS_PER_S", "many"),
        ("STARTS_PER_S", "nan"),
        ("STARTS_PER_S", "100001"),
        ("SIGN_INS_PER_S", "-1"),
    ],
)
def test_other_values_are_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        from_environment({**BARE, f"EXAMENGINE_{name}": value})


def test_what_is_let_in_a_second_goes_by_the_cores_unless_it_is_set() -> None:
    assert (from_environment(BARE).starts_a_second, from_environment(BARE).sign_ins_a_second) == (0, 0)
    given = from_environment({**BARE, "EXAMENGINE_STARTS_PER_S": "20", "EXAMENGINE_SIGN_INS_PER_S": "unlimited"})
    assert (given.starts_a_second, given.sign_ins_a_second) == (20, None)

"""Codes of regions by name."""

import pytest

from examengine.web.regions import region_name, region_told


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("450702", "钦州市钦南区"),
        ("450700", "钦州市"),
        ("4507", "钦州市"),
        ("45", "广西壮族自治区"),
        ("110101", "北京市东城区"),
        ("429004", "湖北省仙桃市"),
    ],
)
def test_a_region_is_called_by_its_name(code: str, name: str) -> None:
    assert region_name(code) == name
    assert region_told(code) == f"{name}（{code}）"


@pytest.mark.parametrize("code", ["", "459999", "99", "450"])
def test_what_has_no_name_stays_a_code(code: str) -> None:
    assert region_name(code) == region_told(code) == code

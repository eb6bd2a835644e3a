"""The delivered nginx configuration lets through whatever the engine takes."""

import re

import pytest

from examengine.web.guards import limit_for
from tests.deploy.proxy import CONFIGURATION

OCTETS = {"k": 1024, "m": 1024 * 1024}
PATHS = (
    "/login",
    "/sittings/7/answers",
    "/sittings/7/redeem",
    "/sittings/7/form",
    "/sittings/7/hand-in",
    "/sittings/7/pulse",
    "/author/banks/3/upload",
    "/author/banks/3/items/new",
    "/operator/people/upload",
    "/staff/people",
)


def nginx_takes(path: str) -> int:
    """How large a body may be for a path: its location's limit, or the server's."""
    text = re.sub(r"#.*", "", CONFIGURATION.read_text("utf-8"))
    server = text[text.index("listen 443") :]
    locations = re.findall(r"location\s+(=|~|)\s*(\S+)\s*\{([^}]*)\}", server)
    outside = re.sub(r"location[^{]*\{[^}]*\}", "", server)
    for how, where, body in sorted(locations, key=lambda one: one[0] != "~"):
        is_here = re.match(where, path) is not None if how == "~" else path == where
        if is_here and (said := _limit(body)):
            return said
    return _limit(outside)


def _limit(text: str) -> int:
    found = re.search(r"client_max_body_size\s+(\d+)([km]);", text)
    return int(found[1]) * OCTETS[found[2]] if found else 0


@pytest.mark.parametrize("path", PATHS)
def test_no_body_that_the_engine_takes_is_too_large_for_the_proxy(path: str) -> None:
    assert nginx_takes(path) >= limit_for(path).octets

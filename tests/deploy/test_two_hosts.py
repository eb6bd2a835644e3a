"""Two hosts' worth of workers behind the delivered nginx configuration, PostgreSQL and a cluster of three."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from examengine.clock import SystemClock
from examengine.drill.prepare import PASSWORD, prepare
from tests.browsers import chromium_program
from tests.deploy.proxy import find_nginx
from tests.deploy.site import Site, a_site
from tests.journeys.acts import expect_exam, hand_in, sit_down, verdict, wait_until_saved
from tests.journeys.hall import Someone
from tests.programs import replicating_server

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(find_nginx() is None, reason="no nginx here"),
    pytest.mark.skipif(replicating_server() is None, reason="no redis-server of version 7.2 here"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with a_site(tmp_path_factory.mktemp("site")) as made:
        yield made


def test_a_drill_through_the_proxy_loses_nothing_and_both_hosts_serve_it(site: Site) -> None:
    done = site.run(
        "drill", "--candidates", "20", "--minutes", "0.2", "--starts-within", "5", "--steps", "1", "--json"
    )
    # how fast is for the drill to say, on a machine of its own: here everything runs on one
    assert done.returncode in (0, 1), done.stderr
    told = json.loads(done.stdout)
    [step], at = told["steps"], told["configuration"]
    assert (at["workers"], at["database"], at["redis"]) == (4, "postgresql", "redis+cluster")
    assert (step["lost"], step["unfinished"], step["rows"]["hand_in"]["count"]) == (0, 0, 20), done.stderr
    assert [node.ask("KEYS", "*drill*") for node in site.cluster.nodes[:3]] == [[], [], []]
    served = (site.proxy.folder / "access.log").read_text()
    assert all(f"127.0.0.1:{host.port}" in served for host in site.hosts)


def test_pages_statics_and_what_is_not_for_the_world(site: Site) -> None:
    proxy = site.proxy
    page = proxy.get("/login", **{"Accept-Encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip"
    static = next(part for part in page.text.split('"') if part.startswith("/static/") and part.endswith(".css"))
    packed, plain = (
        proxy.get(static, **{"Accept-Encoding": "gzip"}),
        proxy.get(static, **{"Accept-Encoding": "identity"}),
    )
    assert packed.text == plain.text
    assert "content-encoding" not in plain.headers
    assert "immutable" in plain.headers["cache-control"]
    assert proxy.get("/metrics").status_code == 404
    assert proxy.get("/health").text.startswith("ok")


async def _candidates(settings: object, count: int) -> None:
    await prepare(settings, SystemClock(), count, signs_in=True, tell=lambda _text: None)  # type: ignore[arg-type]


def test_somebody_sits_an_exam_while_one_host_goes(site: Site) -> None:
    import asyncio

    asyncio.run(_candidates(site.hosts[0].settings, 1))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=["--no-sandbox"])
        try:
            context = browser.new_context(ignore_https_errors=True, base_url=site.proxy.url)
            _story(context.new_page(), site)
        finally:
            browser.close()


def _story(page: Page, site: Site) -> None:
    """The story of a candidate, by what he sees; in the middle one host goes with all its workers."""
    sit_down(page, Someone(0, "", "DRILL00000001", PASSWORD))
    choose_first(page, range(1, 4))
    wait_until_saved(page)
    site.hosts[1].kill()
    choose_first(page, range(4, 9))
    wait_until_saved(page)
    page.reload()
    expect_exam(page)
    expect(page.locator("[data-count=answered]")).to_have_text("8")
    hand_in(page)
    expect(verdict(page)).to_contain_text("及格")


def choose_first(page: Page, positions: range) -> None:
    for position in positions:
        page.locator(f"#q{position} .opt label").first.click()

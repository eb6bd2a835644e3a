"""The bench itself: every row works, the figures have their shape, and stores that hold something are left alone."""

import json

import pytest
from typer.testing import CliRunner

from examengine.bench.deadline import heard_long_enough
from examengine.bench.rows import ROWS
from examengine.bench.stage import CannotMeasure
from examengine.cli import app

FIGURES = {"per_s", "server_cpu_ms", "p50_ms", "p95_ms", "p99_ms", "errors", "ratio_to_bare_write"}


def test_a_short_bench_of_every_row_has_no_error_and_the_shape_that_is_promised() -> None:
    done = CliRunner().invoke(app, ["bench", "--seconds", "0.3", "--live", "5", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert list(told["rows"]) == list(ROWS)
    for name, row in told["rows"].items():
        assert row.keys() >= FIGURES, name
        assert (row["errors"], row.get("faults")) == (0, None), name
        assert row["done"] > 0, name
        assert row["server_cpu_ms"] > 0, name
        assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"], name
    assert told["rows"]["bare_write"]["ratio_to_bare_write"] == 1
    assert 0 < told["rows"]["sign_in"]["hashing_cpu_ms"] < told["rows"]["sign_in"]["server_cpu_ms"]
    assert told["live_sittings"] == 5
    for name in ("redis_bytes_per_sitting", "sql_bytes_per_attempt", "page_gzip_bytes", "save_wire_bytes"):
        assert told[name] > 0, name
    assert {"cores", "python", "redis", "sql", "workers", "fsync_p99_ms"} <= told["machine"].keys()


def test_a_database_that_holds_tables_is_not_measured_on(database_url: str) -> None:
    done = CliRunner().invoke(app, ["bench", "--seconds", "0.3", "--database-url", database_url])
    assert done.exit_code == 1
    assert "name an empty one" in done.stderr


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--only", "saves"), "there are bare, bare_write, save"),
        (("--workers", "2"), "needs PostgreSQL"),
        (("--database-url", "mysql://somewhere"), "begins with postgresql: or sqlite:"),
        (("--database-url", "nonsense"), "is no URL"),
    ],
)
def test_what_cannot_be_measured_is_said_before_anything_begins(options: tuple[str, ...], word: str) -> None:
    done = CliRunner().invoke(app, ["bench", *options])
    assert done.exit_code in (1, 2)
    assert word in done.stderr


@pytest.mark.parametrize(("left_s", "prepare"), [(97.9, "269"), (36.0, "343"), (-1.0, "387")])
def test_a_deadline_whose_workers_cannot_have_heard_long_enough_is_not_measured(left_s: float, prepare: str) -> None:
    with pytest.raises(CannotMeasure, match=f"repeat with --prepare {prepare}$"):
        heard_long_enough(90.0, left_s, 240.0)


@pytest.mark.parametrize(("presence_s", "left_s"), [(90.0, 98.0), (90.0, 200.0), (10.0, 35.0)])
def test_a_deadline_whose_workers_hear_for_as_long_as_presence_is_asked_for_is_measured(
    presence_s: float, left_s: float
) -> None:
    heard_long_enough(presence_s, left_s, 240.0)

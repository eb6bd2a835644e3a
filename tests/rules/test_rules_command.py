"""``examengine rules``: JSON alone on stdout, one clear line on stderr where something is wrong, never a trace."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from examengine.cli import app
from examengine.rules.load import packaged, packaged_text, rulebook_ids
from tests.rules.cases import ev, ready_2024, run

CASE = {"rulebook": "guangxi-2024", "events": ready_2024(), "ask": [ev("start", "2024-06-01 09:00")]}


def rules(*args: str, stdin: bytes | None = None) -> Result:
    """Run the command in this process; a trace would be an exception that is no exit."""
    result = CliRunner().invoke(app, ["rules", *args], input=stdin, env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def printed(*args: str, stdin: bytes | None = None, code: int = 0) -> Any:
    """The JSON on stdout, which must be all of it."""
    result = rules(*args, stdin=stdin)
    assert result.exit_code == code, result.output
    assert result.stderr == ""
    return json.loads(result.stdout)


def refused(*args: str, stdin: bytes | None = None) -> str:
    """The line on stderr, which must be the only one; nothing stands on stdout."""
    result = rules(*args, stdin=stdin)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert any("一" <= letter <= "鿿" for letter in result.stderr)
    return result.stderr


def write(folder: Path, name: str, data: bytes | str) -> str:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


# -- list, show


def test_list_names_the_four_with_their_digests() -> None:
    rows = printed("list", "--json")
    assert [row["id"] for row in rows] == list(rulebook_ids())
    for row in rows:
        assert row["digest"] == packaged(row["id"]).digest
        assert row["assumed"] > 0


def test_list_without_json_is_for_people() -> None:
    result = rules("list")
    assert result.exit_code == 0
    assert all(book in result.stdout for book in rulebook_ids())


@pytest.mark.parametrize("book", rulebook_ids())
def test_show_prints_every_value_with_its_provenance(book: str) -> None:
    shown = printed("show", book, "--json")
    assert shown["ok"] is True
    assert shown["digest"] == packaged(book).digest
    assert shown["rules"]["exam"]["minutes"] == 60
    assert shown["provenance"]["exam.minutes"].startswith("D")
    assert "provenance" not in shown["rules"]
    assert "exam.minutes = 60    [D" in rules("show", book).stdout


def test_show_takes_a_file_too(tmp_path: Path) -> None:
    path = write(tmp_path, "guangxi-2014.toml", packaged_text("guangxi-2014"))
    assert printed("show", path, "--json") == printed("show", "guangxi-2014", "--json")


@pytest.mark.parametrize("value", ["nan", "inf", "01:00:00", "2014-01-01T00:00:00Z", '"六十"', "[1, [2]]"])
def test_show_prints_json_whatever_stands_in_a_faulty_file(tmp_path: Path, value: str) -> None:
    text = packaged_text("guangxi-2014").replace("\nminutes = 60", f"\nminutes = {value}")
    shown = json.loads(rules("show", write(tmp_path, "x.toml", text), "--json").stdout, parse_constant=pytest.fail)
    assert shown["ok"] is False


# -- check


@pytest.mark.parametrize("book", rulebook_ids())
def test_check_is_content_with_an_unconfirmed_rulebook(book: str) -> None:
    checked = printed("check", book, "--json")
    assert (checked["ok"], checked["findings"]) == (True, [])
    assert "exam.minutes" in checked["assumed"]


def test_check_takes_a_file(tmp_path: Path) -> None:
    path = write(tmp_path, "guangxi-2014.toml", packaged_text("guangxi-2014"))
    checked = printed("check", path, "--json")
    assert (checked["ok"], checked["digest"]) == (True, packaged("guangxi-2014").digest)


FAULTY = {
    "empty": b"",
    "not toml": b"rulebook: guangxi",
    "a wrong value": packaged_text("guangxi-2014").replace("\nminutes = 60", "\nminutes = 0").encode(),
    "an unknown key": packaged_text("guangxi-2014").replace("\nminutes = 60", "\nminutes = 60\nx = 1").encode(),
    "no provenance": packaged_text("guangxi-2014").split("\n[provenance]")[0].encode(),
    "huge": packaged_text("guangxi-2014").encode() + b"#" * 3_000_000,
    "nested": b"a = " + b"[" * 100_000,
}


@pytest.mark.parametrize("data", FAULTY.values(), ids=FAULTY)
def test_check_names_the_faults_and_leaves_with_one(tmp_path: Path, data: bytes) -> None:
    checked = printed("check", write(tmp_path, "x.toml", data), "--json", code=1)
    assert (checked["ok"], checked["digest"]) == (False, None)
    errors = [finding for finding in checked["findings"] if finding["severity"] == "error"]
    assert errors
    for finding in errors:
        assert set(finding) == {"severity", "code", "where", "message"}
        assert finding["where"]


def test_check_without_json_says_the_same_in_words(tmp_path: Path) -> None:
    result = rules("check", write(tmp_path, "x.toml", FAULTY["a wrong value"]))
    assert result.exit_code == 1
    assert "exam.minutes" in result.stdout
    assert "不可用" in result.stdout


@pytest.mark.parametrize("command", ["check", "show"])
@pytest.mark.parametrize("name", ["guangxi-1999", "nowhere/x.toml", "", ".", "规" * 300, "a\tb"])
def test_a_rulebook_that_is_not_there_is_refused(command: str, name: str) -> None:
    refused(command, name)


@pytest.mark.parametrize("command", ["check", "show"])
def test_a_binary_file_is_refused(command: str, tmp_path: Path) -> None:
    assert "x.toml" in refused(command, write(tmp_path, "x.toml", bytes(range(256))))


# -- replay


def test_replay_prints_what_the_rules_decide(tmp_path: Path) -> None:
    path = write(tmp_path, "case.json", json.dumps(CASE))
    expected = run("guangxi-2024", CASE["events"], CASE["ask"])
    assert printed("replay", path) == expected
    assert printed("replay", path, "--json") == expected
    assert printed("replay", "-", stdin=json.dumps(CASE).encode()) == expected


def test_replay_finds_a_rulebook_beside_its_case(tmp_path: Path) -> None:
    write(tmp_path, "mine.toml", packaged_text("guangxi-2024"))
    path = write(tmp_path, "case.json", json.dumps(CASE | {"rulebook": "mine.toml"}))
    assert printed("replay", path)["digest"] == packaged("guangxi-2024").digest


BAD = {
    "empty": b"",
    "binary": bytes(range(256)),
    "not utf-8": b'{"rulebook": "\xff"}',
    "not json": b"guangxi-2024",
    "a list": b"[]",
    "cut off": json.dumps(CASE).encode()[:-5],
    "nested": b'{"rulebook": "guangxi-2024", "override": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "no rulebook": b"{}",
    "unknown rulebook": b'{"rulebook": "guangxi-1999"}',
    "a rulebook's name too long": json.dumps({"rulebook": "规" * 200}).encode(),
    "unknown event": json.dumps(CASE | {"events": [{"at": "2024-06-01T09:00:00", "what": "sleep"}]}).encode(),
    "missing field": json.dumps(CASE | {"events": [{"what": "start"}]}).encode(),
    "wrong type": json.dumps(CASE | {"events": [{"at": 5, "what": "start"}]}).encode(),
    "beyond the calendar": json.dumps(CASE | {"ask": [{"at": "9999-12-31T23:59:59Z", "what": "start"}]}).encode(),
    "unknown override": json.dumps(CASE | {"override": {"exam.minuten": 9}}).encode(),
    "impossible override": json.dumps(CASE | {"override": {"exam.minutes": 0}}).encode(),
    "a line break in a key": json.dumps(CASE | {"events": [{"at": "x", "what": "start", "a\nb": 1}]}).encode(),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_replay_refuses_a_bad_case_in_one_line(tmp_path: Path, data: bytes) -> None:
    refused("replay", write(tmp_path, "case.json", data))


def test_replay_refuses_a_bad_case_on_stdin() -> None:
    refused("replay", "-", stdin=b"{")


def test_replay_refuses_a_case_that_is_too_large(tmp_path: Path) -> None:
    assert "8 MiB" in refused("replay", write(tmp_path, "case.json", b" " * (8 * 1024 * 1024 + 1)))


@pytest.mark.parametrize("name", ["nowhere.json", ".", "用" * 300])
def test_replay_refuses_a_file_that_is_not_there(name: str) -> None:
    refused("replay", name)


def test_replay_refuses_a_faulty_rulebook_file(tmp_path: Path) -> None:
    for name, data in (
        ("x.toml", FAULTY["a wrong value"]),
        ("y.toml", FAULTY["not toml"]),
        ("z.toml", bytes(range(256))),
    ):
        write(tmp_path, name, data)
        refused("replay", write(tmp_path, "case.json", json.dumps(CASE | {"rulebook": name})))


def test_without_arguments_it_says_how_it_is_used() -> None:
    assert rules("replay").exit_code == 2
    assert rules().exit_code in {0, 2}


# -- what it needs


def test_rules_need_neither_redis_nor_sql_nor_a_web_server() -> None:
    """In a process of its own: whatever this one has imported already does not count."""
    code = """
import sys
from examengine.cli import app
try:
    app(["rules", "replay", "-"])
except SystemExit as left:
    assert left.code in (None, 0), left.code
heavy = {"redis", "sqlalchemy", "starlette", "uvicorn", "asyncpg", "aiosqlite", "alembic", "openpyxl"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(CASE).encode(), capture_output=True, check=False
    )
    assert done.stderr.decode() == ""
    assert done.returncode == 0
    assert json.loads(done.stdout)["answers"][0]["allowed"] is True


def test_json_is_utf_8_whatever_the_terminal_says() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from examengine.cli import main; main()", "rules", "list", "--json"],
        env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert "信息技术与信息安全" in done.stdout.decode("utf-8")

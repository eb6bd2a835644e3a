"""``examengine rules``: list, show, check, replay. Needs neither Redis nor SQL."""

from pathlib import Path
from typing import Annotated, Any

import typer

from examengine.cli.options import JsonFlag
from examengine.cli.output import as_json, fail, print_json, read_bytes
from examengine.rules.case import MAX_CASE_BYTES, CaseError, rulebook_text, run_case
from examengine.rules.load import Loaded, RulebookError, flatten, load, packaged_text, plain, rulebook_ids

app = typer.Typer(no_args_is_help=True, help="规则：查看、检查、重放 Rulebooks")


@app.command("list")
def list_rulebooks(as_json_: JsonFlag = False) -> None:
    """The rulebooks that come with the package."""
    rows = []
    for rulebook_id in rulebook_ids():
        loaded = load(packaged_text(rulebook_id), name=rulebook_id)
        meta = loaded.content["meta"]
        rows.append(
            {
                "id": rulebook_id,
                "year": meta["year"],
                "subject": meta["subject"],
                "digest": loaded.rulebook.digest if loaded.rulebook else None,
                "assumed": len(loaded.assumed()),
            }
        )
    if as_json_:
        print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['id']:<16}{row['year']}  {row['subject']}（待确认 {row['assumed']} 项）")


@app.command("show")
def show(rulebook: Annotated[str, typer.Argument(help="id or path")], as_json_: JsonFlag = False) -> None:
    """Every value of a rulebook with its provenance."""
    loaded, _ = _loaded(rulebook)
    if as_json_:
        print_json({**_summary(loaded), "rules": plain(loaded.content), "provenance": dict(loaded.provenance)})
        return
    for key, value in flatten(loaded.content).items():
        typer.echo(f"{key} = {plain({'v': value})['v']}    [{loaded.provenance.get(key, '?')}]")


@app.command("check")
def check(file: Annotated[str, typer.Argument(help="path or id")], as_json_: JsonFlag = False) -> None:
    """Check a rulebook file; leaves with 1 where it has errors. Unconfirmed assumed values are no error."""
    loaded, name = _loaded(file)
    if as_json_:
        print_json({"file": name, **_summary(loaded)})
    else:
        for finding in loaded.findings:
            typer.echo(f"{finding.severity}  {finding.where}：{finding.message}")
        typer.echo(f"{'可用' if loaded.rulebook else '不可用'}；待确认的假定值 {len(loaded.assumed())} 项")
    if loaded.rulebook is None:
        raise typer.Exit(1)


@app.command("replay")
def replay(
    case: Annotated[Path, typer.Argument(help="CASE.json, or - for stdin")], as_json_: JsonFlag = True
) -> None:
    """Replay a person's events under a rulebook and answer the questions of the case."""
    _ = as_json_
    data = (
        typer.get_binary_stream("stdin").read(MAX_CASE_BYTES + 1)
        if str(case) == "-"
        else read_bytes(case, MAX_CASE_BYTES)
    )
    try:
        print_json(run_case(data, beside=case.parent))
    except (CaseError, RulebookError) as error:
        fail(str(error))


def _loaded(id_or_path: str) -> tuple[Loaded, str]:
    try:
        text, name = rulebook_text(id_or_path)
    except CaseError as error:
        fail(str(error))
    stem = Path(id_or_path).stem if name is None else name
    return load(text, name=stem), id_or_path


def _summary(loaded: Loaded) -> dict[str, Any]:
    return {
        "ok": loaded.rulebook is not None,
        "digest": loaded.rulebook.digest if loaded.rulebook else None,
        "assumed": list(loaded.assumed()),
        "findings": as_json(loaded.findings),
    }

"""``examengine bank``: check and import question banks."""

from pathlib import Path
from typing import Annotated

import typer

from examengine.cli.output import print_json

app = typer.Typer(no_args_is_help=True, help="题库：检查、导入 Question banks")


@app.command("check")
def check(
    file: Path,
    encoding: Annotated[str | None, typer.Option(help="text encoding, where guessing fails")] = None,
    as_json_: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """What an import of FILE would take, and what is wrong with it; leaves with 1 where nothing can be taken."""
    from examengine.banks.report import check_file

    report = check_file(file, encoding)
    if as_json_:
        print_json(report)
    else:
        for finding in report["findings"]:
            typer.echo(f"{finding['severity']}  {finding['where']}：{finding['message']}")
        typer.echo(f"共 {report['total']} 题，可导入 {report['importable']} 题")
    if not report["importable"]:
        raise typer.Exit(1)

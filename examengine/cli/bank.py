"""``examengine bank``: check and import question banks."""

from pathlib import Path
from typing import Annotated, Any

import typer

from examengine.banks.readers import FORMATS, Format
from examengine.cli.options import DataOption, EncodingOption, JsonFlag
from examengine.cli.output import fail, print_json, read_bytes

app = typer.Typer(no_args_is_help=True, help="题库：检查、导入 Question banks")
MAX_BYTES = 32 * 1024 * 1024
FormatOption = Annotated[str | None, typer.Option("--as", help=f"format, where guessing fails: {', '.join(FORMATS)}")]


@app.command("check")
def check(
    file: Path, as_format: FormatOption = None, encoding: EncodingOption = None, as_json_: JsonFlag = False
) -> None:
    """What an import of FILE would take, and what is wrong with it; leaves with 1 where nothing can be taken."""
    from examengine.banks.report import check_file

    report = check_file(file, encoding, _format(as_format))
    _print_report(report, as_json_=as_json_)
    if not report["importable"]:
        raise typer.Exit(1)


@app.command("import")
def import_file(
    file: Path,
    bank: Annotated[str, typer.Option(help="name of the bank; made where there is none")],
    data: DataOption = None,
    as_format: FormatOption = None,
    encoding: EncodingOption = None,
    all_or_nothing: Annotated[bool, typer.Option(help="take nothing where a row has an error")] = False,
) -> None:
    """Take the importable items of FILE into a bank: new ones, and a new version of each that has changed."""
    from examengine.banks.readers import read_bank
    from examengine.cli.connection import Records, run_on
    from examengine.clock import SystemClock
    from examengine.publishing.imports import commit_reading
    from examengine.records import banks
    from examengine.records.banks import ImportBatch
    from examengine.web.services import shuffled_letters

    content = read_bytes(file, MAX_BYTES)
    reading = read_bank(content, file.name, encoding=encoding, form=_format(as_format))
    errors = [finding for finding in reading.findings if finding.severity == "error"]
    for finding in errors:
        typer.echo(f"{finding.where}：{finding.message}", err=True)
    if not reading.items:
        fail("没有可以导入的题", code=1)
    if errors and all_or_nothing:
        fail(f"有 {len(errors)} 处错误，没有导入", code=1)

    async def work(records: Records) -> ImportBatch:
        now_ms = SystemClock().now_ms()
        async with records.database.writing() as tx:
            kept = await banks.add_bank(tx, bank, None, now_ms)
        return await commit_reading(
            records.database, kept.id, reading, file.name, content, shuffled_letters, None, now_ms
        )

    batch = run_on(data, work)
    typer.echo(f"已导入“{bank}”：新增 {batch.added}，更新 {batch.changed}，未变 {batch.same}")


def _format(name: str | None) -> Format | None:
    """The format of that name; leaves with a clear word where there is none."""
    for known in FORMATS:
        if known == name:
            return known
    if name is not None:
        fail(f"--as {name}：没有这种格式；可以用 {'、'.join(FORMATS)}")
    return None


def _print_report(report: dict[str, Any], *, as_json_: bool) -> None:
    if as_json_:
        print_json(report)
        return
    for finding in report["findings"]:
        typer.echo(f"{finding['severity']}  {finding['where']}：{finding['message']}")
    typer.echo(f"共 {report['total']} 题，可导入 {report['importable']} 题")

"""``examengine bank``: check and import question banks."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

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
    from examengine.clock import SystemClock

    report = check_file(file, encoding, _format(as_format), _day(SystemClock().now_ms()))
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
    duplicates: Annotated[str, typer.Option(help="questions that the bank has: update, skip or new")] = "update",
) -> None:
    """Take the importable items of FILE into a bank: new ones, and a new version of each that has changed. They count
    as checked: whoever has the command line of the server answers for them.
    """
    import hashlib

    from examengine.banks.assess import assess
    from examengine.banks.readers import read_bank
    from examengine.cli.connection import Records, run_on
    from examengine.clock import SystemClock
    from examengine.publishing.imports import Checker, Choices, Duplicates, Refused, Source, commit_assessment
    from examengine.publishing.known import KnownBanks
    from examengine.records import banks
    from examengine.records.banks import ImportBatch
    from examengine.web.services import shuffled_letters

    wanted = next((one for one in Duplicates if one == duplicates), None)
    if wanted is None:
        fail(f"--duplicates {duplicates}：可以用 {'、'.join(Duplicates)}")
    content = read_bytes(file, MAX_BYTES)
    reading = read_bank(content, file.name, encoding=encoding, form=_format(as_format))

    if not reading.items:
        for finding in reading.findings:
            typer.echo(f"{finding.where}：{finding.message}", err=True)
        fail("没有可以导入的题", code=1)

    async def work(records: Records) -> ImportBatch | Refused:
        now_ms = SystemClock().now_ms()
        async with records.database.writing() as tx:
            kept = await banks.add_bank(tx, bank, None, now_ms)
        known, stamp = await KnownBanks().get(records.database, kept.id)
        found = assess(reading, known=known, today=_day(now_ms))
        for finding in found.reading.findings:
            if finding.severity == "error":
                typer.echo(f"{finding.where}：{finding.message}", err=True)
        return await commit_assessment(
            records.database,
            kept.id,
            found,
            known,
            stamp,
            Choices(wanted, all_or_nothing),
            Source(file.name, hashlib.sha256(content).hexdigest()),
            shuffled_letters,
            None,
            now_ms,
            checked_by=Checker(None),
        )

    batch = run_on(data, work)
    match batch:
        case Refused.NOTHING:
            fail("没有可以导入的题", code=1)
        case Refused.ERRORS:
            fail("有不能导入的题（见上），没有导入", code=1)
        case Refused.BANK_CHANGED:
            fail("题库刚才被别人改动，没有导入；请再试一次", code=1)
    typer.echo(f"已导入“{bank}”：新增 {batch.added}，更新 {batch.changed}，未变 {batch.same}（按已审入库）")


@app.command("export")
def export_file(
    bank: Annotated[str, typer.Argument(help="name of the bank")],
    file: Path,
    data: DataOption = None,
    as_format: Annotated[
        str | None,
        typer.Option("--as", help="xlsx, moodle_xml, gift or qti3; by default what the file's ending says"),
    ] = None,
) -> None:
    """Write the newest version of every item of BANK to FILE; what the format cannot hold is listed and stays out."""
    from examengine.banks.writers import ExportFormat, Written
    from examengine.cli.connection import Records, run_on
    from examengine.publishing.exports import export_bank
    from examengine.records import banks

    by_ending = {".xlsx": "xlsx", ".xml": "moodle_xml", ".gift": "gift", ".txt": "gift", ".zip": "qti3"}
    wanted = as_format or by_ending.get(file.suffix.lower(), "")
    form = next((known for known in ExportFormat if known == wanted), None)
    if form is None:
        fail(f"不知道写成什么格式：请用 --as {'、'.join(ExportFormat)}")

    async def work(records: Records) -> Written | None:
        async with records.database.reading() as tx:
            found = await banks.find_bank(tx, bank)
        return None if found is None else (await export_bank(records.database, found.id, form))[1]

    written = run_on(data, work)
    if written is None:
        fail(f"没有叫“{bank}”的题库")
    try:
        file.write_bytes(written.content)
    except OSError as broken:
        fail(f"{file}：写不进去（{broken.strerror}）")
    for one in written.left_out:
        typer.echo(f"第 {one.number} 题（{one.title}）：{one.what}", err=True)
    if file.suffix.lower() != f".{written.ending}":
        typer.echo(f"注意：内容是 .{written.ending} 文件", err=True)
    typer.echo(f"已写入 {file}，没有写入的内容 {len(written.left_out)} 处")


def _day(now_ms: int) -> date:
    return datetime.fromtimestamp(now_ms / 1000, ZoneInfo("Asia/Shanghai")).date()


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

"""``examengine people|learning|cards import``: lists that come in as workbooks, all of a file or nothing."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from examengine.cli.options import DataOption
from examengine.cli.output import fail, read_bytes

if TYPE_CHECKING:
    from examengine.banks.cells.listing import ListReport
    from examengine.cli.connection import Records

people = typer.Typer(no_args_is_help=True, help="人员：导入 People")
learning = typer.Typer(no_args_is_help=True, help="学习进度：导入 Learning progress")
cards = typer.Typer(no_args_is_help=True, help="激活卡：导入 Activation cards")
MAX_BYTES = 25 * 1024 * 1024


class StaffRole(StrEnum):
    """Roles that an import may give besides that of a candidate."""

    AUTHOR = "author"
    SUPPORT = "support"
    OPERATOR = "operator"
    MARKER = "marker"
    SECURITY = "security"
    AUDITOR = "auditor"


@people.command("import")
def import_people_file(
    file: Path,
    rulebook: Annotated[str | None, typer.Option(help="packaged rulebook whose year's rules apply")] = None,
    role: Annotated[StaffRole | None, typer.Option(help="give everyone in FILE this role as well")] = None,
    result: Annotated[
        Path | None, typer.Option(help="where to write verdicts and one-time passwords; FILE.result.csv")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="only tell what would be done")] = False,
    data: DataOption = None,
) -> None:
    """Create the accounts of FILE: all of it or nothing. Repeating a file changes nothing."""
    from examengine.accounts.access import give_role
    from examengine.accounts.passwords import Passwords
    from examengine.accounts.people_import import PeopleReport, import_people, preview_people
    from examengine.accounts.people_workbook import PeopleRules, rules_of
    from examengine.cli.connection import run_on
    from examengine.clock import SystemClock
    from examengine.records.errors import Conflict
    from examengine.records.words import Role
    from examengine.rules.load import packaged, rulebook_ids

    if rulebook is not None and rulebook not in rulebook_ids():
        fail(f"没有规则 {rulebook!r}：写 {'、'.join(rulebook_ids())} 之一")
    rules = rules_of(packaged(rulebook)) if rulebook is not None else PeopleRules()
    content, now_ms = read_bytes(file, MAX_BYTES), SystemClock().now_ms()
    target = result if result is not None else file.with_suffix(".result.csv")
    if not dry_run and target.exists():
        fail(f"{target} 已存在：里面可能有还没发出去的初始密码，请先移走，或用 --result 另指一个文件")

    async def work(records: "Records") -> PeopleReport:
        if dry_run:
            return await preview_people(records.database, records.vault, content, file.name, rules, now_ms)
        passwords = Passwords()
        try:
            report = await import_people(
                records.database, records.vault, passwords, content, file.name, rules, None, now_ms
            )
        finally:
            passwords.close()
        if role is not None and report.listing.committed:
            for person_id in report.person_ids:
                try:
                    await give_role(records.database, person_id, Role(role.value), None, now_ms)
                except Conflict:
                    typer.echo(f"编号 {person_id}：已有的角色不能与 {role.value} 兼任，没有授予")
        return report

    report = run_on(data, work)
    _tell(report.listing, dry_run=dry_run)
    if report.listing.committed:
        target.touch(mode=0o600)
        target.write_bytes(report.result)
        typer.echo(f"结果和初始密码写在 {target}，只写这一次")


@learning.command("import")
def import_learning_file(
    file: Path,
    dry_run: Annotated[bool, typer.Option(help="only tell what would be done")] = False,
    data: DataOption = None,
) -> None:
    """Take over learning progress (身份证号, 年度, 学习进度)."""
    from examengine.cli.connection import run_on
    from examengine.clock import SystemClock
    from examengine.enrolment.learning_import import import_learning, preview_learning

    content, now_ms = read_bytes(file, MAX_BYTES), SystemClock().now_ms()

    async def work(records: "Records") -> "ListReport":
        if dry_run:
            return await preview_learning(records.database, records.vault, content, file.name, now_ms)
        return await import_learning(records.database, records.vault, content, file.name, None, now_ms)

    _tell(run_on(data, work), dry_run=dry_run)


@cards.command("import")
def import_cards_file(
    file: Path,
    dry_run: Annotated[bool, typer.Option(help="only tell what would be done")] = False,
    data: DataOption = None,
) -> None:
    """Take cards into stock and book out those with a day (卡号, 激活码, 出库日期)."""
    from examengine.cli.connection import run_on
    from examengine.clock import SystemClock
    from examengine.enrolment.cards_import import import_cards, preview_cards

    content, now_ms = read_bytes(file, MAX_BYTES), SystemClock().now_ms()

    async def work(records: "Records") -> "ListReport":
        if dry_run:
            return await preview_cards(records.database, records.vault, content, file.name)
        return await import_cards(records.database, records.vault, content, file.name, None, now_ms)

    _tell(run_on(data, work), dry_run=dry_run)


def _tell(report: "ListReport", *, dry_run: bool) -> None:
    """Findings on stderr, counts on stdout; leaves with 1 where nothing could be taken."""
    for finding in report.findings:
        typer.echo(f"{finding.severity}  {finding.where}：{finding.message}", err=True)
    typer.echo("，".join(_counted(report.counts.items())) or "没有可读的行")
    if not report.is_importable:
        fail("没有导入：请改正以上错误后再导入整个文件", code=1)
    if dry_run:
        typer.echo("以上为预览，没有写入")


def _counted(counts: Iterable[tuple[str, int]]) -> list[str]:
    return [f"{verdict} {count}" for verdict, count in sorted(counts)]

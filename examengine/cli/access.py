"""``examengine people password|block|take-role``: access given and taken, at once also in sittings that run."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from examengine.cli.options import DataOption
from examengine.cli.output import fail

if TYPE_CHECKING:
    from pathlib import Path

    from examengine.cli.connection import Records

PersonArgument = Annotated[int, typer.Argument(help="the person's internal number, as the support desk shows it")]
T = TypeVar("T")


class AnyRole(StrEnum):
    """Roles that can be taken away."""

    CANDIDATE = "candidate"
    AUTHOR = "author"
    SUPPORT = "support"
    OPERATOR = "operator"
    MARKER = "marker"


def password(person_id: PersonArgument, data: DataOption = None) -> None:
    """Hand out a new one-time password, and end every session of the person."""
    from examengine.accounts.access import hand_out_password
    from examengine.accounts.passwords import Passwords
    from examengine.clock import SystemClock

    async def work(records: "Records") -> str:
        passwords = Passwords()
        try:
            return await hand_out_password(records.database, passwords, person_id, None, SystemClock().now_ms())
        finally:
            passwords.close()

    told = _run(data, work, person_id)
    typer.echo(f"一次性密码（只显示这一次，登录后要改）：{told}")


def block(
    person_id: PersonArgument,
    reason: Annotated[str, typer.Option(help="why, for the audit log; no personal data")],
    data: DataOption = None,
) -> None:
    """Let nobody in under this account until a new password is handed out."""
    from examengine.accounts.access import block as block_account
    from examengine.clock import SystemClock

    if not reason.strip():
        fail("请写明原因")

    async def work(records: "Records") -> None:
        await block_account(records.database, person_id, None, reason, SystemClock().now_ms())

    _run(data, work, person_id)
    typer.echo("已停用：用 examengine people password 发新密码以后才能再登录")


def take_role(person_id: PersonArgument, role: AnyRole, data: DataOption = None) -> None:
    """Take a role away, and end every session of the person."""
    from examengine.accounts.access import take_role as take
    from examengine.clock import SystemClock
    from examengine.records.words import Role

    async def work(records: "Records") -> bool:
        return await take(records.database, person_id, Role(role.value), None, SystemClock().now_ms())

    taken = _run(data, work, person_id)
    typer.echo("已取消这个角色" if taken else "这个人没有这个角色，什么都没有变")


def _run(data: "Path | None", work: "Callable[[Records], Awaitable[T]]", person_id: int) -> T:
    from examengine.cli.connection import run_on
    from examengine.records.errors import Missing

    async def guarded(records: "Records") -> T:
        try:
            return await work(records)
        except Missing:
            fail(f"没有内部编号为 {person_id} 的账号", code=1)

    return run_on(data, guarded)

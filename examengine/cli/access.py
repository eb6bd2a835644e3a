"""``examengine people password|block|give-role|take-role|reset-factor``: access given and taken, at once also in
sittings that run. For the set-up and for emergencies: in daily work a security administrator does it on his pages.
"""

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
    """Roles that can be given and taken away."""

    CANDIDATE = "candidate"
    AUTHOR = "author"
    SUPPORT = "support"
    OPERATOR = "operator"
    MARKER = "marker"
    SECURITY = "security"
    AUDITOR = "auditor"


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


def give_role(person_id: PersonArgument, role: AnyRole, data: DataOption = None) -> None:
    """Give a role; operator, security and auditor are three accounts."""
    from examengine.accounts.access import give_role as give
    from examengine.clock import SystemClock
    from examengine.records.errors import Conflict
    from examengine.records.words import Role

    async def work(records: "Records") -> bool:
        try:
            return await give(records.database, person_id, Role(role.value), None, SystemClock().now_ms())
        except Conflict:
            fail("没有授予：考试管理、安全管理、审计是三个人，后两种也不兼别的工作；请先收回现在的角色", code=1)

    given = _run(data, work, person_id)
    typer.echo("已授予这个角色" if given else "这个人已有这个角色，什么都没有变")


def reset_factor(person_id: PersonArgument, data: DataOption = None) -> None:
    """End the second factor of somebody who has lost telephone and codes; every session of the person ends."""
    from examengine.accounts.access import reset_factor as reset
    from examengine.clock import SystemClock

    async def work(records: "Records") -> bool:
        return await reset(records.database, person_id, None, SystemClock().now_ms())

    done = _run(data, work, person_id)
    typer.echo("已重置：下次登录要重新设置双重验证" if done else "这个人没有设置双重验证，什么都没有变")


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

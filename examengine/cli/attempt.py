"""``examengine attempt``: what became of an attempt in plain words, its evidence as a file, and checking it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from examengine.cli.options import DataOption
from examengine.cli.output import fail, read_bytes
from examengine.evidence.faults import Fault
from examengine.evidence.files import (
    ATTEMPT,
    AUDIT,
    MAX_FILE_BYTES,
    Checked,
    FileError,
    check_file,
    read_checkpoint_line,
)
from examengine.evidence.receipts import grouped
from examengine.evidence.signing import PUBLIC_BYTES, Checkpoint, from_text, key_id_of, to_text
from examengine.web.evidence_words import told

if TYPE_CHECKING:
    from examengine.cli.connection import Records
    from examengine.records.database import Reading
    from examengine.records.proof import Proof

app = typer.Typer(no_args_is_help=True, help="考试记录：查看、导出、核验 Attempts")
KeyOption = Annotated[
    list[str] | None, typer.Option("--key", help="public key that must have signed (text or file); repeatable")
]
COPY_PAGE = 500


@app.command("show")
def show(
    attempt_id: Annotated[int, typer.Argument(metavar="ID")],
    data: DataOption = None,
) -> None:
    """Tell an attempt from start to end, running or finished, in plain words."""
    from examengine.cli.connection import run_on
    from examengine.cli.story import story_of
    from examengine.clock import SystemClock
    from examengine.records.errors import Missing

    now_ms = SystemClock().now_ms()

    async def work(records: "Records") -> Sequence[str]:
        async with records.database.reading() as tx:
            try:
                return await story_of(tx, attempt_id, now_ms)
            except Missing:
                fail(f"没有编号为 {attempt_id} 的考试", code=1)

    for line in run_on(data, work):
        typer.echo(line)


@app.command("export")
def export(
    attempt_id: Annotated[int, typer.Argument(metavar="ID")],
    file: Path,
    data: DataOption = None,
) -> None:
    """Write an attempt's evidence to FILE: complete in itself, without personal data, checked with `verify FILE`."""
    from examengine.cli.connection import run_on
    from examengine.records.archives import UnreadableError
    from examengine.records.errors import Missing
    from examengine.records.exports import NotSignedError, export_attempt

    async def work(records: "Records") -> bytes:
        try:
            async with records.database.reading() as tx:
                return await export_attempt(tx, attempt_id)
        except Missing:
            fail(f"考试 {attempt_id} 没有存档：没有这次考试，或者还没有结束", code=1)
        except UnreadableError:
            fail(f"考试 {attempt_id} 的日志已损坏，不能导出；请用 verify --all 核验", code=1)
        except NotSignedError:
            fail(f"考试 {attempt_id} 的存档还没有签名：服务运行时一分钟内就会签，请稍后再导出", code=1)

    content = run_on(data, work)
    try:
        with file.open("xb") as target:
            target.write(content)
    except FileExistsError:
        fail(f"{file} 已存在，没有覆盖")
    except OSError as error:
        fail(f"{file}：写不进去（{error.strerror}）")
    typer.echo(f"已写入 {file}（{len(content)} 字节）；核验：examengine attempt verify {file}")


@app.command("verify")
def verify(
    file: Annotated[Path | None, typer.Argument(help="an export or a receipt; needs no database")] = None,
    all_: Annotated[bool, typer.Option("--all", help="the whole database instead")] = False,
    key: KeyOption = None,
    checkpoints: Annotated[
        Path | None, typer.Option(help="with --all: a copy of checkpoints.log kept elsewhere")
    ] = None,
    data: DataOption = None,
) -> None:
    """Check evidence; leaves with 1 and names the first place where something does not agree."""
    pinned = _keys(key or [])
    if all_ == (file is not None):
        fail("请给出一个文件，或者用 --all 核验整个数据库")
    if file is not None:
        _verify_file(file, pinned)
    else:
        _verify_all(data, pinned, checkpoints)


@app.command("keys")
def keys(data: DataOption = None) -> None:
    """The public keys, for whoever checks without us: publish them, and keep a copy elsewhere."""
    from examengine.cli.connection import run_on, settings_of
    from examengine.records import evidence
    from examengine.sittings.notary import trusted_keys

    async def work(records: "Records") -> dict[str, bytes]:
        async with records.database.reading() as tx:
            return await evidence.public_keys(tx)

    ours = trusted_keys(settings_of(data).evidence_keys)
    newest = list(ours)[-1]
    for key_id, public in {**run_on(data, work), **ours}.items():
        note = "现用" if key_id == newest else "旧" if key_id in ours else "不在设置里"
        typer.echo(f"{key_id}  {to_text(public)}  {note}")


def _verify_file(file: Path, pinned: Mapping[str, bytes]) -> None:
    try:
        checked = check_file(read_bytes(file, MAX_FILE_BYTES), pinned)
    except FileError as error:
        fail(f"{file.name}：不是考试存档或回执的文件，或者已损坏（{error}）", code=1)
    if checked.fault is not None:
        fail(f"不一致：{told(checked.fault)}", code=1)
    typer.echo(f"一致：{_about(checked)}")
    if pinned:
        typer.echo(f"签名密钥 {checked.key_id} 是认可的密钥。")
    else:
        typer.echo(
            f"签名用的是文件自带的公钥 {to_text(checked.public)}；请与考试机构公布的公钥核对，或用 --key 指定它。"
        )


def _about(checked: Checked) -> str:
    if checked.about == AUDIT:
        return f"{checked.ref} 条操作记录"
    if checked.about == ATTEMPT:
        outcome = checked.closing["outcome"]
        return f"考试 {checked.ref}，{len(checked.lines)} 行日志，结果 {outcome['state']}"
    return f"回执 {grouped(checked.ref)}"


def _verify_all(data: Path | None, pinned: Mapping[str, bytes], copy: Path | None) -> None:
    from examengine.cli.connection import run_on, settings_of
    from examengine.records import proof
    from examengine.sittings.notary import COPY_FILE, trusted_keys

    settings = settings_of(data)
    trusted = {**trusted_keys(settings.evidence_keys), **pinned}
    kept = settings.data_dir / COPY_FILE if copy is None else copy
    if copy is not None and not copy.is_file():
        fail(f"{copy}：没有这个文件")

    async def work(records: "Records") -> "tuple[Proof, Fault | None, int]":
        async with records.database.reading() as tx:
            proven = await proof.prove(tx, trusted)
            if proven.fault is not None:
                return proven, proven.fault, 0
            return proven, *await _compared(tx, kept, trusted)

    proven, fault, compared = run_on(data, work)
    typer.echo(f"已核验 {proven.links} 环，{proven.checkpoints} 个签名点，签名覆盖到第 {proven.signed} 环。")
    if proven.waiting:
        typer.echo(f"{proven.waiting} 条记录还在等入链（服务运行时约一秒）。")
    if proven.unchained:
        typer.echo(f"{proven.unchained} 次考试在启用存证之前结束，只核验了它们的结果。")
    if fault is not None:
        fail(f"不一致：{told(fault)}", code=1)
    if compared:
        typer.echo(f"一致，与副本里的 {compared} 个签名点也一致。")
    else:
        typer.echo("一致。没有签名副本可比：链尾连同记录一起被截掉时看不出来。")


async def _compared(tx: "Reading", copy: Path, trusted: Mapping[str, bytes]) -> tuple[Fault | None, int]:
    """The first fault of a copy, and how many checkpoints it was compared by."""
    from examengine.records import proof

    compared = 0
    for page in _pages(copy):
        fault = await proof.compare_copy(tx, page, trusted)
        if fault is not None:
            return fault, compared
        compared += len(page)
    return None, compared


def _pages(copy: Path) -> Iterator[list[Checkpoint]]:
    """The checkpoints of a copy. A line that a crash has torn is none; the next one says the same again."""
    if not copy.is_file():
        return
    page: list[Checkpoint] = []
    with copy.open("rb") as lines:
        for line in lines:
            try:
                page.append(read_checkpoint_line(line))
            except FileError:
                continue
            if len(page) == COPY_PAGE:
                yield page
                page = []
    if page:
        yield page


def _keys(given: Sequence[str]) -> dict[str, bytes]:
    found = {}
    for one in given:
        path = Path(one)
        text = read_bytes(path, 4096).decode("ascii", "replace") if path.is_file() else one
        try:
            public = from_text(text)
        except ValueError:
            public = b""
        if len(public) != PUBLIC_BYTES:
            fail("--key：公钥是 32 字节，URL 安全的 base64（examengine attempt keys 会打印出来）")
        found[key_id_of(public)] = public
    return found

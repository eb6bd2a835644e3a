"""Files that nobody wrote: seeds of every format cut, doubled, spliced and mistaken for one another.

``python -m tests.banks.fuzz --seconds 60 --seed 1`` goes on for so long and says what it tried; the ordinary suite
takes a handful. Whatever a file is, its reader answers with findings, within bounds, and never raises.
"""

import argparse
import csv
import io
import json
import random
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from examengine.banks.cells.grid import UnreadableFileError
from examengine.banks.cells.separated import read_separated
from examengine.banks.item import Kind
from examengine.banks.readers import READER_FAILED, BankReading, read_bank
from examengine.banks.readers.foreign_child import answer_for
from examengine.banks.readers.formats import FORMATS, format_of
from examengine.banks.readers.sheet import read_sheets
from examengine.banks.writers import ExportFormat, write_bank
from tests.banks.builders import A_QUESTION, HEADER
from tests.banks.foreign_builders import docx_of, earns, equals, lid, material, qti1, qti1_item
from tests.banks.test_export_round_trip import EVERY_KIND, MEDIA

SLOWEST_SECONDS: Final = 10.0
"""Of processor time for one small file; the reader's child is ended after 24."""

PAPER: Final = """一、单选题（每题2分）
1. 首都是（ ）。
A. 上海 B. 北京 C. 广州
2、偶数是（BD）
A、1
B、2
C、3
D、4
【解析】略
二、判断题
3. 一周有七天。（ √ ）
三、填空题
4. 水是____和____。
答案：氢；氧
四、简答题
5. 谈谈。
答：要点
1. 第一
参考答案
1-2 BB
题号\t1\t2
答案\tA\tB
"""
AIKEN: Final = "首都？\nA. 上海\nB) 北京\nANSWER: B\n\n一周七天？\nA. 对\nB. 错\nANSWER: A\n"
TRIVIA: Final = "#Q 首都？\n^ 北京\nA 上海\nB 北京\n\n#Q 一周七天？\n^ True\nA True\nB False\n"
JSON: Final = json.dumps(
    {
        "章节": "总则",
        "questions": [
            {"question": "首都？", "options": ["上海", "北京"], "answer": "B"},
            {"题干": "偶数？", "选项": {"A": "1", "B": "2"}, "答案": ["B"], "题型": "多选题"},
            {"content": "<b>谈谈</b>", "type": "简答题", "answer": None, "a": "x", "b": "y"},
        ],
    },
    ensure_ascii=False,
)


def _table() -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADER, A_QUESTION, ("判断", "一周七天。", "", "", "", "", "对")])
    return text.getvalue().encode()


def _qti1() -> bytes:
    choices = {"a": "上海", "b": "北京"}
    return qti1(
        qti1_item(
            "multiple_choice_question",
            material("首都？") + lid("r", "Single", choices),
            earns(equals("r", "b")),
        )
    ).encode()


SEEDS: Final[Sequence[bytes]] = (
    *(write_bank(EVERY_KIND, MEDIA, form).content for form in ExportFormat),
    write_bank(EVERY_KIND, {}, ExportFormat.GIFT).content,
    *(text.encode() for text in (PAPER, AIKEN, TRIVIA, JSON)),
    PAPER.encode("gb18030"),
    AIKEN.encode("utf-16"),
    docx_of(*PAPER.splitlines()),
    _table(),
    _qti1(),
)
BITS: Final[Sequence[bytes]] = (
    *(
        b"{",
        b"}",
        b"~",
        b"=",
        b"<",
        b">",
        b"</",
        b"/>",
        b"&",
        b"\x00",
        b"\xff",
        b"::",
        b"(",
        b")",
        b"\n\n",
        b"->",
        b"#",
    ),
    *(
        b"%",
        b"\\",
        b'"',
        b"[",
        b"]",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ),
    *(
        b"{1:MC:",
        b'<question type="cloze">',
        b"<!ENTITY x 'y'>",
        b"&x;",
        b"<![CDATA[",
        b"]]>",
        b"<div>",
        b"1-5 ABCDE\n",
    ),
    *(
        text.encode()
        for text in ("A.", "1.", "答案：", "一、单选题\n", "（ ）", "____", "参考答案\n", "①", "[图1]", "→")
    ),
)


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """The seed after one to eight changes; of a zip, now and then one of its parts."""
    if seed[:2] == b"PK" and chance.random() < 0.8:
        return _with_a_changed_part(seed, chance)
    data = bytearray(seed)
    for _ in range(chance.randint(1, 8)):
        if not data:
            break
        at = chance.randrange(len(data))
        match chance.randrange(5):
            case 0:
                del data[at : at + chance.randint(1, 200)]
            case 1:
                data[at:at] = chance.choice(BITS) * chance.choice((1, 1, 2, 40))
            case 2:
                data[at] = chance.randrange(256)
            case 3:
                start = chance.randrange(len(data))
                data[at:at] = data[start : start + chance.randint(1, 400)]
            case _:
                del data[at:]
    return bytes(data)


def _with_a_changed_part(package: bytes, chance: random.Random) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(packed, "w") as target:
        names = source.namelist()
        chosen = chance.choice(names)
        for name in names:
            content = source.read(name)
            target.writestr(name, mutated(content, chance) if name == chosen and content[:2] != b"PK" else content)
    return packed.getvalue()


def read_somehow(data: bytes, form: str | None) -> BankReading | None:
    """What its reader makes of a file, in this process where that is safe; None for what no reader takes."""
    try:
        found = form or format_of(data, "x")
        if found != "sheet":
            answer = answer_for(data, found, None)
            assert not answer.failed, answer.failed
            return answer.reading
        if data[:2] == b"PK" or data[:4] == b"\xd0\xcf\x11\xe0":
            return read_bank(data, "x", form="sheet")
        return read_sheets(read_separated(data))
    except UnreadableFileError:
        return None


def only_findings(data: bytes, form: str | None) -> str:
    """Reads a file and holds what must hold of every reading; says what it was taken for."""
    reading = read_somehow(data, form)
    if reading is None:
        return "refused"
    assert reading.total == sum(reading.by_type.values())
    assert reading.importable == len(reading.items) <= reading.total
    assert all(read.item.kind is not Kind.OTHER for read in reading.items)
    assert all(finding.code != READER_FAILED for finding in reading.findings)
    assert reading.items or reading.findings or reading.total
    return reading.format


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    taken: Counter[str] = Counter()
    slowest = 0.0
    clock: Callable[[], float] = time.process_time
    begun = time.monotonic()
    while time.monotonic() - begun < arguments.seconds:
        data = mutated(chance.choice(SEEDS), chance)
        form = chance.choice((None, None, None, *(form for form in FORMATS if form != "sheet")))
        before = clock()
        try:
            taken[only_findings(data, form)] += 1
        except BaseException:
            name = f"fuzz-{taken.total()}.bin"
            with open(name, "wb") as file:
                file.write(data)
            print(f"the file is kept as {name}, read as {form or 'what it looks like'}", file=sys.stderr)
            raise
        slowest = max(slowest, clock() - before)
    print(f"{taken.total()} files, {dict(taken)}, the slowest took {slowest:.2f} s")
    return 0 if slowest < SLOWEST_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())

"""The demo's second exam: blanks, short answers and an essay that a person marks."""

from importlib import resources
from typing import Final

from examengine.banks.item import Item, Kind
from examengine.banks.readers import read_bank
from examengine.banks.responses import GapsExpected, TextExpected, encode
from examengine.demo.practice import with_provenance
from examengine.publishing.exams import confirm_all, keep_rulebook, publish_exam
from examengine.publishing.imports import Checker, commit_reading
from examengine.publishing.items import release_bank
from examengine.records import banks
from examengine.records.exams import Exam
from examengine.rules.load import load
from examengine.rules.rulebook import Rulebook
from examengine.web.services import Services, shuffled_letters

SUBJECT: Final = "网络安全与个人信息保护（填空、论述练习）"
FILE: Final = "typed.txt"
ESSAY: Final = "先核对发件人和网址，不点来历不明的链接；重要账号启用双因素认证；发现可疑邮件立即报告，并提醒同事。"
_PAPER: Final = """[exam.paper]
single = { count = 4, points = 5 }
short_answer = { count = 3, points = 10 }
cloze = { count = 2, points = 15, partial_credit = "per_option" }
essay = { count = 1, points = 20, markers = 1 }
new_per_attempt = true
"""


def typed_text(year: int) -> str:
    """TOML of the practice rulebook with a paper of these kinds."""
    template = (resources.files("examengine.demo") / "practice.toml").read_text("utf-8")
    body = template.format(year=year, subject=SUBJECT)
    before, _head, rest = body.partition("[exam.paper]")
    _old, foot, after = rest.partition("\n[exam.interruption]")
    return with_provenance(f"{before}{_PAPER}{foot}{after}".replace("practice-", "practice-typed-", 1))


async def add_typed_exam(
    services: Services, year: int, author: int, checker: int, authority: int, authority_name: str, at_ms: int
) -> tuple[Exam, Rulebook]:
    """Bank, rules and exam, through the same functions that serve requests."""
    text = typed_text(year)
    name = f"practice-typed-{year}"
    rulebook = await keep_rulebook(services.database, text, name, at_ms)
    assumed = load(text, name=name).assumed()
    await confirm_all(services.database, rulebook.digest, assumed, authority, authority_name, at_ms)
    content = (resources.files("examengine.demo") / FILE).read_bytes()
    async with services.database.writing() as tx:
        bank = await banks.add_bank(tx, SUBJECT, author, at_ms)
    await commit_reading(
        services.database,
        bank.id,
        read_bank(content, FILE),
        FILE,
        content,
        shuffled_letters,
        author,
        at_ms,
        checked_by=Checker(checker),
    )
    release = await release_bank(services.database, bank.id, author, at_ms)
    exam = await publish_exam(services.database, services.shelf, rulebook.digest, release.id, "", authority, at_ms)
    return exam, rulebook


def right_answer(item: Item) -> str:
    """What somebody who knows it would type."""
    match item.expected:
        case TextExpected() as text:
            return encode([text.accepted[0].text])
        case GapsExpected() as gaps:
            named = [gap.expected for gap in gaps.gaps]
            return encode([one.accepted[0].text if isinstance(one, TextExpected) else "" for one in named])
    return encode([ESSAY]) if item.kind is Kind.ESSAY else "".join(sorted(item.key))

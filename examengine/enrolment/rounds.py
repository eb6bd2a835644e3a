"""Enrolling a person and opening rounds. Every condition is the rules' (:mod:`examengine.rules.decide`)."""

import hmac

from examengine.enrolment.accommodations import carry_standing
from examengine.records import cards, enrolments
from examengine.records.as_rules import history_of
from examengine.records.database import Database, Writing
from examengine.records.enrolments import Enrolment, lock_enrolment
from examengine.records.errors import Missing
from examengine.records.exams import Exam
from examengine.records.history import EnrolmentRecord, load_history
from examengine.records.shelf import Shelf
from examengine.records.vault import Vault
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.decide import decide_card, decide_enrol, learning_percent, opened_round
from examengine.rules.history import OpenedBy
from examengine.rules.rulebook import Rulebook

MAX_CARD_TEXT = 64


async def enrol(
    tx: Writing, shelf: Shelf, exam: Exam, person_id: int, credit_year: int, now_ms: int
) -> Enrolment | Refusal:
    """Enrol a person; one enrolled already stays so. Opens the round that the year or a make-up opens at once, and
    takes his standing accommodations over.
    """
    rulebook = await shelf.rulebook(tx, exam.rulebook_digest)
    opens = decide_enrol(rulebook, credit_year)
    if isinstance(opens, Refusal):
        return opens
    enrolment, is_new = await enrolments.enrol(tx, exam.id, person_id, credit_year, rulebook.digest, now_ms)
    if is_new:
        record = EnrolmentRecord(enrolment, (), (), (), (), ())
        if opens is not None:
            await open_round(tx, rulebook, record, opens, f"enrolment:{enrolment.id}", now_ms)
        await carry_standing(tx, record, now_ms)
    return enrolment


async def open_round(
    tx: Writing,
    rulebook: Rulebook,
    record: EnrolmentRecord,
    opened_by: OpenedBy,
    source: str,
    now_ms: int,
    attempts: int | None = None,
) -> enrolments.Round:
    """Open the round that the rules give, with the learning it takes over. Hold the enrolment's lock."""
    given = opened_round(rulebook, history_of(record), opened_by, now_ms, attempts=attempts)
    enrolment_id = record.enrolment.id
    round_, is_new = await enrolments.open_round(tx, enrolment_id, opened_by.value, given.places, source, now_ms)
    percent = learning_percent(rulebook, given)
    if is_new and percent:
        await enrolments.report_learning(tx, enrolment_id, round_.no, percent, f"taken_over:{round_.id}", now_ms)
    return round_


async def activate_card(
    database: Database,
    shelf: Shelf,
    vault: Vault,
    enrolment_id: int,
    person_id: int,
    card_no: str,
    activation_code: str,
    now_ms: int,
) -> Refusal | None:
    """Open a round with a card (S2014-45). A refused card stays unused.

    Raises:
        Missing: there is no such enrolment, or it is another person's.
    """
    if not _can_be_on_a_card(card_no) or not _can_be_on_a_card(activation_code):
        return Refusal(Reason.WRONG_CARD, Next.NONE)
    async with database.writing() as tx:
        enrolment = await lock_enrolment(tx, enrolment_id)
        if enrolment.person_id != person_id:
            raise Missing("enrolment", enrolment_id)
        rulebook = await shelf.rulebook(tx, enrolment.rulebook_digest)
        record = await load_history(tx, enrolment_id)
        try:
            await cards.lock_card(tx, card_no)
        except Missing:
            return Refusal(Reason.WRONG_CARD, Next.NONE)
        # PostgreSQL answers a locking select with what it saw before it had to wait: look again under the lock.
        card = await cards.find_card(tx, card_no)
        assert card is not None
        is_right = hmac.compare_digest(card.code_hash, vault.card_code_hash(card_no, activation_code))
        if not is_right or card.blocked_ms is not None:
            return Refusal(Reason.WRONG_CARD, Next.NONE if not is_right else Next.CALL_SUPPORT)
        refusal = decide_card(
            rulebook,
            history_of(record),
            now_ms,
            is_used=card.round_id is not None,
            is_booked_out=card.booked_out_ms is not None and card.booked_out_ms <= now_ms,
            cards_used=len(record.cards),
        )
        if refusal is not None:
            return refusal
        round_ = await open_round(tx, rulebook, record, OpenedBy.CARD, f"card:{card.id}", now_ms)
        await cards.use_card(tx, card.id, round_.id, now_ms)
        return None


def _can_be_on_a_card(text: str) -> bool:
    return 0 < len(text) <= MAX_CARD_TEXT and text.isprintable()

"""What the four notices state stands in the files as stated; what they are silent on is marked as assumed."""

from datetime import date
from typing import Any

import pytest

from examengine.rules.load import flatten, load, packaged, packaged_text, plain, rulebook_ids

BOOKS = ("guangxi-2014", "guangxi-2015", "guangxi-2024", "gaoming-2015")

STATED: dict[str, tuple[Any, Any, Any, Any]] = {
    # parameter: value in each notice's file; None where that notice does not state it
    "meta.year": (2014, 2015, 2024, 2015),
    "meta.scheme_region": ("450000", "450000", "450000", "440000"),
    "meta.issuer_region": ("450700", "450700", "450000", "440608"),
    "meta.doc_no": ("钦人社发〔2014〕173号", "钦人社发〔2015〕183号", None, None),
    "meta.doc_date": ("2014-05-04", "2015-05-29", "2024-04-18", None),
    "meta.published_on": (None, None, "2024-04-29", None),
    "window.opens_on": ("2014-05-05", "2015-05-01", None, "2015-06-27"),
    "window.closes_on": ("2014-10-31", "2015-11-30", "2024-12-31", None),
    "enrolment.mode": ("card", "card", "open", "batch"),
    "population.exclude": (None, ["civil_service_managed_institution", "manual_worker_post"], None, None),
    "login.initial_password": (None, "000000", None, None),
    "card.sales_levels": ([2, 3], [2, 3], None, None),
    "card.sales_points_per_level": ([1, 4], [1, 4], None, None),
    "card.stock_ledger_required": (True, True, None, None),
    "card.rebuy_when": ("attempts_exhausted", "attempts_exhausted", None, None),
    "fee.amount_fen": (5000, 5000, None, 9000),
    "textbook.price_fen": (1500, 1500, None, 0),
    "learning.required_before_exam": (True, None, True, True),
    "learning.face_to_face_days": (None, None, None, 2),
    "learning.self_study_days": (None, None, None, 1),
    "exam.delivery": ("online_unproctored", "online_unproctored", "online_unproctored", "onsite"),
    "exam.pass_score": (60, 60, None, None),
    "exam.pass_inclusive": (True, True, None, None),
    "exam.attempts": (2, 2, 3, None),
    "exam.attempts_labelled_makeup": (1, 1, None, None),
    "exam.starts_when": ("enter_page", None, None, None),
    "exam.interruption.resume_until": ("attempt_end", None, None, None),
    "exam.interruption.clock_stops": (False, None, None, None),
    "exam.interruption.unresumed": ("no_score_fail", None, None, None),
    "exam.forced_exit.outcome": ("fail", None, None, None),
    "exam.on_exhausted": ("buy_card", "buy_card", "support_grant", None),
    "exam.support_phone": ("400-0666-099", "400-0666-099", "0771-966111", "88668300"),
    "grant.enabled": (None, None, True, None),
    "grant.relearn": (None, None, True, None),
    "backfill.source_years": (None, None, [2023], None),
    "backfill.closes_on": (None, None, "2024-12-31", None),
    "backfill.credit_year": (None, None, "source", None),
    "hours.public_learning": (6, 6, None, None),
    "hours.public_exam": (3, 3, None, None),
    "hours.public_compulsory": (9, 9, 15, 18),
    "hours.public_elective": (None, None, 10, None),
    "hours.year_total_min": (None, None, 90, 72),
    "hours.year_days_min": (None, None, None, 12),
    "hours.public_min": (None, None, None, 18),
    "hours.professional_min": (None, None, None, 42),
    "hours.elective_min": (None, None, None, 12),
    "hours.per_day": (None, None, None, 6),
    "hours.professional_min_ratio": (None, None, [2, 3], None),
    "professional.register_by": (None, None, "2025-03-31", None),
    "professional.verify_by": (None, None, "2025-03-31", None),
    "batch.capacity": (None, None, None, 150),
    "batch.registration_opens_on": (None, None, None, "2015-05-25"),
    "batch.registration_closes_on": (None, None, None, "2015-08-07"),
    "batch.change_notice_days": (None, None, None, 3),
    "consequence.lookback_years": (5, 5, None, None),
    "consequence.title_floor_year": (None, None, None, 2010),
    "consequence.junior_title_years": (None, None, None, 1),
    "certificate.paper": (None, None, None, "A4"),
}
ASSUMED_EVERYWHERE = (
    "exam.minutes",
    "exam.full_score",
    "exam.paper.single",
    "exam.paper.multiple",
    "exam.paper.judge",
    "window.end_policy",
    "exam.score_rounding",
)
"""No notice states them: a named person has to, before an exam is published."""


@pytest.mark.parametrize("index", range(len(BOOKS)), ids=BOOKS)
def test_what_a_notice_states_is_in_its_file_with_the_place_where_it_says_so(index: int) -> None:
    loaded = load(packaged_text(BOOKS[index]))
    leaves = plain(flatten(loaded.content))
    for key, values in STATED.items():
        if values[index] is None:
            assert not loaded.provenance.get(key, "D").startswith("S:"), key
        else:
            assert (key, leaves[key]) == (key, values[index])
            assert loaded.provenance[key].startswith("S:"), key


@pytest.mark.parametrize("book", BOOKS)
def test_what_no_notice_states_is_marked_as_assumed_and_awaits_a_word(book: str) -> None:
    loaded = load(packaged_text(book))
    for key in ASSUMED_EVERYWHERE:
        assert loaded.provenance[key].startswith("D")
        assert key in loaded.assumed()


@pytest.mark.parametrize("book", BOOKS)
def test_the_assumed_paper_is_thirty_ten_ten(book: str) -> None:
    exam = packaged(book).exam
    sections = [exam.paper.single, exam.paper.multiple, exam.paper.judge]
    assert [(section.count, int(section.points)) for section in sections if section] == [(30, 2), (10, 3), (10, 1)]
    assert exam.minutes == 60


def test_only_2015_inherits_and_only_from_the_same_scheme() -> None:
    for book in BOOKS:
        inherited = [key for key, source in load(packaged_text(book)).provenance.items() if source.startswith("I:")]
        assert bool(inherited) == (book == "guangxi-2015")
        assert all(load(packaged_text(book)).provenance[key].startswith("I:S2014") for key in inherited)


def test_gaomings_batches_are_six_week_ends() -> None:
    batch = packaged("gaoming-2015").batch
    assert batch is not None
    assert [first for first, _ in batch.list] == [
        date(2015, 6, 27),
        date(2015, 7, 4),
        date(2015, 7, 11),
        date(2015, 7, 18),
        date(2015, 7, 25),
        date(2015, 8, 8),
    ]
    assert {(first.isoweekday(), last.isoweekday()) for first, last in batch.list} == {(6, 7)}


def test_absent_tables_are_absent_features() -> None:
    absent = {book: {table for table in ("card", "batch", "textbook") if getattr(packaged(book), table) is None}
              for book in rulebook_ids()}  # fmt: skip
    assert absent["guangxi-2014"] == absent["guangxi-2015"] == {"batch"}
    assert absent["guangxi-2024"] == {"batch", "textbook"}
    assert "batch" not in absent["gaoming-2015"]
    for book in ("guangxi-2024", "gaoming-2015"):
        card = packaged(book).card
        assert card is None or not card.required


@pytest.mark.parametrize("book", BOOKS)
def test_stepping_out_of_the_page_is_no_forced_exit_unless_a_rulebook_asks_for_it(book: str) -> None:
    rules = packaged(book).exam.forced_exit
    assert rules.detect == "explicit"
    assert rules.page_leave_grace_seconds > 0

"""What a rulebook file must keep to, and what its digest names."""

import random
import re
from collections.abc import Callable

import pytest

from examengine.rules.load import (
    DISPLAY_KEYS,
    MAX_FILE_BYTES,
    Loaded,
    RulebookError,
    digest_of,
    flatten,
    load,
    packaged,
    packaged_text,
    rulebook_ids,
    usable,
)

G2014, G2024, GAOMING = (packaged_text(book) for book in ("guangxi-2014", "guangxi-2024", "gaoming-2015"))


def replaced(text: str, old: str, new: str) -> str:
    """``text`` with its first ``old`` changed, which must be there."""
    assert old in text
    return text.replace(old, new, 1)


def without(text: str, *keys: str) -> str:
    """A file without these leaves and their provenance."""
    for dotted in keys:
        key = dotted.rsplit(".", 1)[-1]
        text, times = re.subn(rf"(?m)^{key} = .*\n", "", text, count=1)
        assert times == 1, dotted
        text = replaced(text, provenance_of(text, dotted), "")
    return text


def provenance_of(text: str, dotted: str) -> str:
    found = re.search(rf'(?m)^"{re.escape(dotted)}" = .*\n', text)
    assert found, dotted
    return found.group()


def faults(text: str) -> list[tuple[str, str]]:
    """Code and place of every error; a faulty file gives no rulebook."""
    loaded = load(text)
    errors = [(finding.code, finding.where) for finding in loaded.findings if finding.severity == "error"]
    assert (loaded.rulebook is None) == bool(errors)
    return errors


@pytest.mark.parametrize("book", rulebook_ids())
def test_the_files_of_the_package_are_sound_and_keep_to_their_names(book: str) -> None:
    loaded = load(packaged_text(book), name=book)
    assert loaded.findings == ()
    assert usable(loaded) == packaged(book)


def test_the_package_brings_four_rulebooks() -> None:
    assert rulebook_ids() == ("gaoming-2015", "guangxi-2014", "guangxi-2015", "guangxi-2024")


# -- what must hold between the values; one failing example each

CHECKS = {
    "opens_on after closes_on": (G2014, "closes_on = 2014-10-31", "closes_on = 2014-05-04", "window.closes_on"),
    "points do not sum to the full score": (G2014, "count = 30, points = 2", "count = 29, points = 2", "exam.paper"),
    "full score is another": (G2014, "full_score = 100", "full_score = 120", "exam.paper"),
    "pass score of nothing": (G2014, "pass_score = 60", "pass_score = 0", "exam.pass_score"),
    "pass score beyond the full score": (G2014, "pass_score = 60", "pass_score = 101", "exam.pass_score"),
    "no attempt": (G2024, "attempts = 3\nattempts_l", "attempts = 0\nattempts_l", "exam.attempts"),
    "every attempt a makeup": (G2014, "labelled_makeup = 1", "labelled_makeup = 2", "exam.attempts_labelled_makeup"),
    "no minutes": (G2014, "\nminutes = 60", "\nminutes = 0", "exam.minutes"),
    "minutes as long as the window": (
        replaced(G2014, "closes_on = 2014-10-31", "closes_on = 2014-05-05"),
        "\nminutes = 60",
        "\nminutes = 1440",
        "exam.minutes",
    ),
    "support grant without grants": (
        G2024,
        "[grant]\nenabled = true",
        "[grant]\nenabled = false",
        "exam.on_exhausted",
    ),
    "a card to buy without cards": (
        G2014,
        "[card]\nrequired = true",
        "[card]\nrequired = false",
        "exam.on_exhausted",
    ),
    "hours that do not sum": (G2014, "public_exam = 3", "public_exam = 4", "hours.public_compulsory"),
    "verification ends before registration": (
        G2024,
        "verify_by = 2025-03-31",
        "verify_by = 2025-03-30",
        "professional.verify_by",
    ),
    "a batch of another year": (GAOMING, "[2015-06-27, 2015-06-28]", "[2014-06-27, 2014-06-28]", "batch.list"),
    "a batch that ends before it begins": (
        GAOMING,
        "[2015-06-27, 2015-06-28]",
        "[2015-06-27, 2015-06-26]",
        "batch.list",
    ),
    "batches that overlap": (GAOMING, "[2015-07-04, 2015-07-05]", "[2015-06-28, 2015-06-29]", "batch.list"),
    "a make-up of this year": (
        G2024,
        "source_years = [2023]",
        "source_years = [2023, 2024]",
        "backfill.source_years",
    ),
    "a make-up of a later year": (G2024, "source_years = [2023]", "source_years = [2025]", "backfill.source_years"),
    # beyond the list
    "a schema of another version": (G2014, "schema = 1", "schema = 2", "meta.schema"),
    "a zone that does not exist": (G2014, "Asia/Shanghai", "Asia/Qinzhou", "meta.timezone"),
    "a zone that is a folder": (G2014, "Asia/Shanghai", "Asia", "meta.timezone"),
    "a negative count": (
        G2014,
        "wait_minutes_between_attempts = 0",
        "wait_minutes_between_attempts = -1",
        "exam.wait_minutes_between_attempts",
    ),
    "negative hours": (G2014, "public_compulsory = 9", "public_compulsory = -9", "hours.public_compulsory"),
    "a negative fee": (G2014, "amount_fen = 5000", "amount_fen = -5000", "fee.amount_fen"),
    "a section of no items": (G2014, "judge = { count = 10", "judge = { count = 0", "exam.paper"),
    "entry by card without cards": (G2024, 'mode = "open"', 'mode = "card"', "enrolment.mode"),
    "entry by batch without batches": (G2024, 'mode = "open"', 'mode = "batch"', "enrolment.mode"),
    "a grant of nothing": (G2024, "relearn = true\nattempts = 1", "relearn = true\nattempts = 0", "grant.attempts"),
    "a make-up of no attempts": (
        G2024,
        "closes_on = 2024-12-31\nattempts = 3",
        "closes_on = 2024-12-31\nattempts = 0",
        "backfill",
    ),
    "a make-up that closes before the window": (
        G2024,
        "closes_on = 2024-12-31\nattempts = 3",
        "closes_on = 2024-04-01\nattempts = 3",
        "backfill.closes_on",
    ),
    "registration closes before it opens": (
        GAOMING,
        "registration_closes_on = 2015-08-07",
        "registration_closes_on = 2015-05-24",
        "batch.registration_closes_on",
    ),
    "a ratio of nothing": (
        G2024,
        "professional_min_ratio = [2, 3]",
        "professional_min_ratio = [2, 0]",
        "hours.professional_min_ratio",
    ),
    "a hand-in only after the time is over": (
        G2014,
        "min_minutes_before_submit = 0",
        "min_minutes_before_submit = 60",
        "exam.min_minutes_before_submit",
    ),
    "a day beyond the calendar": (G2014, "closes_on = 2014-10-31", "closes_on = 9999-12-31", "window.closes_on"),
}


NOT_YET = [
    ("clock_stops = false", "clock_stops = true", "exam.interruption.clock_stops"),
    ("\nresume = true", "\nresume = false", "exam.interruption.resume"),
    ('resume_until = "attempt_end"', 'resume_until = "minutes"', "exam.interruption.resume_until"),
    ("max_returns = 0", "max_returns = 3", "exam.interruption.max_returns"),
    ('concurrent_sessions = "takeover"', 'concurrent_sessions = "refuse"', "exam.concurrent_sessions"),
    ('starts_when = "enter_page"', 'starts_when = "first_answer"', "exam.starts_when"),
]


@pytest.mark.parametrize(("old", "new", "where"), NOT_YET, ids=[row[-1] for row in NOT_YET])
def test_what_the_engine_does_not_do_yet_is_refused_rather_than_ignored(old: str, new: str, where: str) -> None:
    assert faults(replaced(G2014, old, new)) == [("not_supported", where)]


@pytest.mark.parametrize(("text", "old", "new", "where"), CHECKS.values(), ids=CHECKS)
def test_values_that_contradict_each_other_are_an_error(text: str, old: str, new: str, where: str) -> None:
    assert where in [place for _, place in faults(replaced(text, old, new))]


def test_cards_that_expire_need_a_last_day() -> None:
    assert ("card_expiry", "card.expires_on") in faults(without(G2014, "card.expires_on"))


def test_all_faults_of_a_file_are_reported_at_once() -> None:
    text = replaced(replaced(G2014, "pass_score = 60", "pass_score = 0"), "public_exam = 3", "public_exam = 4")
    assert {place for _, place in faults(text)} == {"exam.pass_score", "hours.public_compulsory"}


def test_a_faulty_file_is_not_usable_and_says_everything_in_one_line() -> None:
    text = replaced(replaced(G2014, "pass_score = 60", "pass_score = 0"), "public_exam = 3", "public_exam = 4")
    with pytest.raises(RulebookError) as fault:
        usable(load(text))
    assert "exam.pass_score" in str(fault.value)
    assert "hours.public_compulsory" in str(fault.value)
    assert "\n" not in str(fault.value)
    assert len(fault.value.findings) == 2


# -- the form of the file

FORMS = {
    "an unknown key": (
        replaced(G2014, "\nminutes = 60", "\nminutes = 60\nminuten = 60"),
        "unknown_key",
        "exam.minuten",
    ),
    "an unknown table": ("[examen]\nminutes = 60\n" + G2014 + '"examen.minutes" = "D"\n', "unknown_key", "examen"),
    "an unknown key in a section": (
        replaced(G2014, "count = 30, points = 2", "count = 30, points = 2, x = 1"),
        "bad_value",
        "exam.paper.single",
    ),
    "a missing key": (without(G2014, "exam.minutes"), "missing", "exam.minutes"),
    "a missing table": (
        re.sub(r"(?s)\[hours\].*?(?=\n\[)", "", re.sub(r'(?m)^"hours\..*\n', "", G2014)),
        "missing",
        "hours",
    ),
    "no provenance": (replaced(G2014, provenance_of(G2014, "exam.minutes"), ""), "no_provenance", "exam.minutes"),
    "no provenance of a section": (
        replaced(G2014, provenance_of(G2014, "exam.paper.single"), ""),
        "no_provenance",
        "exam.paper.single",
    ),
    "no provenance at all": (G2014.split("\n[provenance]")[0], "no_provenance", "exam.minutes"),
    "provenance without a value": (G2014 + '"exam.hours" = "D"\n', "provenance_without_value", "exam.hours"),
    "provenance of a table": (G2014 + '"exam" = "D"\n', "provenance_without_value", "exam"),
    "provenance of another word": (
        replaced(G2014, '"exam.minutes" = "D', '"exam.minutes" = "X'),
        "bad_provenance",
        "exam.minutes",
    ),
    "stated without saying where": (
        replaced(G2014, '"window.opens_on" = "S:S2014-14"', '"window.opens_on" = "S"'),
        "bad_provenance",
        "window.opens_on",
    ),
    "inherited from nowhere": (
        replaced(G2014, '"window.opens_on" = "S:S2014-14"', '"window.opens_on" = "I: "'),
        "bad_provenance",
        "window.opens_on",
    ),
    "provenance as a number": (
        replaced(G2014, '"exam.minutes" = "D:SILENT IN ALL SEEDS"', '"exam.minutes" = 1'),
        "bad_provenance",
        "exam.minutes",
    ),
    "a string for a number": (replaced(G2014, "\nminutes = 60", '\nminutes = "60"'), "bad_value", "exam.minutes"),
    "a bool for a number": (replaced(G2014, "\nminutes = 60", "\nminutes = true"), "bad_value", "exam.minutes"),
    "a number for a bool": (
        replaced(G2014, "pass_inclusive = true", "pass_inclusive = 1"),
        "bad_value",
        "exam.pass_inclusive",
    ),
    "a float": (replaced(G2014, "\nminutes = 60", "\nminutes = 60.0"), "bad_value", "exam.minutes"),
    "a float for hours": (
        replaced(G2014, "public_learning = 6", "public_learning = 6.0"),
        "bad_value",
        "hours.public_learning",
    ),
    "a float in a section": (
        replaced(G2014, "count = 30, points = 2", "count = 30, points = 2.0"),
        "bad_value",
        "exam.paper.single",
    ),
    "nan": (replaced(G2014, "count = 30, points = 2", "count = 30, points = nan"), "bad_value", "exam.paper.single"),
    "points finer than hundredths": (
        replaced(G2014, "count = 30, points = 2", 'count = 30, points = "2.001"'),
        "bad_value",
        "exam.paper.single",
    ),
    "hours beyond all measure": (
        replaced(G2014, "public_compulsory = 9", 'public_compulsory = "9e999999"'),
        "bad_value",
        "hours.public_compulsory",
    ),
    "an instant for a day": (
        replaced(G2014, "closes_on = 2014-10-31", "closes_on = 2014-10-31T00:00:00+08:00"),
        "bad_value",
        "window.closes_on",
    ),
    "a time for a number": (replaced(G2014, "\nminutes = 60", "\nminutes = 01:00:00"), "bad_value", "exam.minutes"),
    "a word outside the list": (
        replaced(G2014, 'end_policy = "truncate"', 'end_policy = "cut"'),
        "bad_value",
        "window.end_policy",
    ),
    "a word outside the list in a list": (
        replaced(G2014, 'include = ["pro_tech"]', 'include = ["all"]'),
        "bad_value",
        "population.include",
    ),
    "a value for a table": (
        G2014.replace("[window]", "[was_window]").replace("[meta]", "window = 1\n[meta]", 1),
        "not_a_table",
        "window",
    ),
    "a digest of its own": ('digest = "sha256:0"\n' + G2014 + '"digest" = "D"\n', "unknown_key", "digest"),
    "not toml": ("{}", "unreadable", "文件"),
    "a key twice": (replaced(G2014, "\nminutes = 60", "\nminutes = 60\nminutes = 90"), "unreadable", "文件"),
    "binary": ("\x00\x01", "unreadable", "文件"),
    "a day that does not exist": (
        replaced(G2014, "closes_on = 2014-10-31", "closes_on = 2014-02-30"),
        "unreadable",
        "文件",
    ),
    "too large": (G2014 + "#" * MAX_FILE_BYTES, "unreadable", "文件"),
    "too large in bytes": (G2014 + "#" + "字" * (MAX_FILE_BYTES // 3), "unreadable", "文件"),
    "nested too deep": ("a = " + "[" * 5000 + "]" * 5000, "unreadable", "文件"),
    "tables too deep": (G2014 + "\n[provenance." + ".".join("a" * 3000) + "]\nx = 1\n", "unreadable", "文件"),
    "lists too deep": (
        replaced(G2014, "\nminutes = 60", "\nminutes = " + "[" * 200 + "]" * 200),
        "unreadable",
        "文件",
    ),
    "a number of 5000 digits": (replaced(G2014, "\nminutes = 60", "\nminutes = " + "9" * 5000), "unreadable", "文件"),
}


@pytest.mark.parametrize(("text", "code", "where"), FORMS.values(), ids=FORMS)
def test_a_file_of_another_form_is_refused_and_the_place_is_named(text: str, code: str, where: str) -> None:
    assert (code, where) in faults(text)


def test_an_empty_file_names_every_table_that_is_missing() -> None:
    assert {place for _, place in faults("")} == {
        "meta",
        "population",
        "window",
        "enrolment",
        "learning",
        "exam",
        "hours",
    }


def test_an_absent_table_is_an_absent_feature() -> None:
    book = usable(load(re.sub(r"(?s)\n\[support\].*?(?=\n\[)", "", re.sub(r'(?m)^"support\..*\n', "", G2024))))
    assert book.support is None


def test_a_name_other_than_the_id_is_only_a_warning() -> None:
    loaded = load(G2014, name="copy")
    assert loaded.rulebook is not None
    assert [(finding.severity, finding.where) for finding in loaded.findings] == [("warning", "meta.id")]


def test_a_fraction_is_written_as_a_string() -> None:
    text = replaced(G2014, "count = 30, points = 2", 'count = 40, points = "1.50"')
    assert str(usable(load(text)).exam.paper.single).count("1.50") == 1


# -- assumed values


def test_assumed_values_that_await_a_persons_word_are_listed() -> None:
    loaded = load(G2024)
    assert {"exam.minutes", "exam.pass_score", "exam.paper.single", "window.opens_on"} <= set(loaded.assumed())
    # grants and the like may stay assumed; so may what the notice states
    assert not {"grant.attempts", "backfill.attempts", "exam.attempts", "window.closes_on"} & set(loaded.assumed())


def test_assumed_values_do_not_keep_a_rulebook_from_being_used() -> None:
    assert usable(load(G2024)).exam.minutes == 60


# -- the digest

DIGESTS = {
    "gaoming-2015": "sha256:6958ad34af7d671a56262fdecc06e0eafd3b54558c9aecb7852431ba2f9e484d",
    "guangxi-2014": "sha256:86c9d7673219a7022b1be63afe2acbbd9b42c2d1a0c19772a2bdb9ab8b4ce500",
    "guangxi-2015": "sha256:0eb2e055c4026dc0f58ce243958ad6c1dda053891d03ae069f354952ef7044c5",
    "guangxi-2024": "sha256:b395231f677e2a9ffa8aaeaa347bc664a314499265e76ae98a302a31f4127c6e",
}
"""A digest stands in every attempt that was ever taken under it: one that changes here is another rulebook."""


@pytest.mark.parametrize(("book", "digest"), DIGESTS.items())
def test_the_digests_of_the_package_stay(book: str, digest: str) -> None:
    assert packaged(book).digest == digest


def digest(text: str) -> str:
    return usable(load(text)).digest


def shuffled(text: str) -> str:
    """The file's tables in another order, and the lines of each in another."""
    chance = random.Random(7)
    tables = re.split(r"(?m)^(?=\[)", text)
    for index, table in enumerate(tables):
        head, *lines = table.strip("\n").split("\n")
        chance.shuffle(lines)
        tables[index] = "\n".join([head, *lines]) + "\n\n"
    chance.shuffle(tables)
    return "".join(tables)


SAME: dict[str, Callable[[str], str]] = {
    "comments": lambda text: "# 注释\n" + text.replace("\n[exam]", "\n# 考试\n[exam]"),
    "spaces": lambda text: text.replace(" = ", "   =  ").replace("\n", "\n\n"),
    "order": shuffled,
    "provenance": lambda text: replaced(text, '"exam.minutes" = "D:SILENT IN ALL SEEDS"', '"exam.minutes" = "S:x-1"'),
    "a phone": lambda text: re.sub(r'support_phone = "[^"]*"', 'support_phone = "110"', text),
    "topics": lambda text: re.sub(r"content_topics = .*", 'content_topics = ["别的"]', text),
    "another way to write a number": lambda text: text.replace("\nminutes = 60", "\nminutes = 0x3C"),
}


@pytest.mark.parametrize("book", rulebook_ids())
@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_the_digest_does_not_change_with(change: Callable[[str], str], book: str) -> None:
    text = packaged_text(book)
    assert change(text) != text
    assert digest(change(text)) == packaged(book).digest


def test_staffed_hours_are_for_people_to_read() -> None:
    assert digest(replaced(G2024, "09:00-12:00", "08:00-12:00")) == packaged("guangxi-2024").digest


def other(value: object) -> object:
    """A value of the same form that is not ``value``."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value + "X"
        case list():
            return [*value, *value[-1:], "X"]
        case dict():
            return {**value, "count": int(value["count"]) + 1}
        case _:
            return "2001-01-01"


@pytest.mark.parametrize("book", rulebook_ids())
def test_the_digest_changes_with_every_rule(book: str) -> None:
    content = load(packaged_text(book)).content
    seen = {packaged(book).digest}
    rules = {key: value for key, value in flatten(content).items() if key not in DISPLAY_KEYS}
    for key, value in rules.items():
        seen.add(digest_of(_with(content, key, other(value))))
    assert len(seen) == len(rules) + 1
    for key in flatten(content).keys() & DISPLAY_KEYS:
        assert digest_of(_with(content, key, "X")) in seen


def _with(content: object, dotted: str, value: object) -> dict:
    changed = load(packaged_text(content["meta"]["id"])).content  # type: ignore[index]
    *tables, last = dotted.split(".")
    here = changed
    for table in tables:
        here = here[table]
    here[last] = value  # type: ignore[index]
    return changed  # type: ignore[return-value]


def test_a_rule_that_is_taken_away_is_another_digest() -> None:
    assert digest(without(G2014, "card.refund_unactivated")) != packaged("guangxi-2014").digest


def test_an_override_is_another_digest_and_needs_no_provenance() -> None:
    loaded: Loaded = load(G2014, override={"exam.minutes": 90})
    assert loaded.findings == ()
    assert usable(loaded).digest not in DIGESTS.values()


def test_an_override_to_the_same_value_is_the_same_rulebook() -> None:
    assert usable(load(G2014, override={"exam.minutes": 60})).digest == packaged("guangxi-2014").digest

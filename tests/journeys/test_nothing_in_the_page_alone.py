"""What a person has answered does not wait in the page: it is at the server before he has read the next question."""

from statistics import median

from tests.journeys.acts import answer_rightly, hand_in, sit_down, wait_until_saved
from tests.journeys.conftest import Device
from tests.journeys.hall import SECOND_MS, Hall


def test_an_answered_question_is_at_the_server_within_a_second(hall: Hall, device: Device) -> None:
    """By the server's own stamps. Of nine questions the middle one counts: a machine may be busy for a moment."""
    person, _ = hall.candidate()
    page = device()
    attempt_id = sit_down(page, person)
    took_ms = []
    for position in range(1, 10):
        clicked_ms = hall.now_ms
        answer_rightly(page, (position,))
        wait_until_saved(page)
        kept = hall.do(hall.world.services.desk.read(attempt_id, hall.now_ms)).answers[position]
        took_ms.append(kept.at_ms - clicked_ms)
    assert median(took_ms) <= SECOND_MS, took_ms


def test_a_page_that_is_killed_after_an_answer_takes_nothing_with_it(hall: Hall, device: Device) -> None:
    """The tab is gone without a farewell as soon as the page has shown that the answer is saved."""
    person, _ = hall.candidate()
    page = device()
    attempt_id = sit_down(page, person)
    answer_rightly(page, range(1, 10))
    wait_until_saved(page)
    page.close(run_before_unload=False)
    assert sorted(hall.saved(attempt_id)) == list(range(1, 10))
    again = device()
    again.goto(f"/login?next=/sittings/{attempt_id}")
    again.get_by_label("证件号码").fill(person.document)
    again.get_by_label("密码", exact=True).fill(person.password)
    again.get_by_role("button", name="登录").click()
    again.locator("form[data-exam][data-show]").wait_for()
    hand_in(again)
    assert "100" in again.locator(".verdict-score").inner_text()

"""A message to one candidate, from the desk."""

import re

from tests.support.sitting import agent, hidden
from tests.world import World


async def test_a_message_reaches_its_candidate_and_is_sent_once(world: World) -> None:
    person_id, other = await world.person(name="农建军"), await world.person(name="李四")
    address = f"/support/people/{person_id}/message"
    async with world.browser(await agent(world)) as desk:
        form = (await desk.get(address)).text
        assert address in (await desk.get(f"/support/people/{person_id}")).text
        filled = {
            "intent": hidden(form, "intent"),
            "text": "请尽快回电话 400-000-0000。",
            "hours": "24",
            "note": "考生来电中断",
            "ticket": "KF-3",
        }
        wrong = await desk.post(address, data={**filled, "text": "", "hours": "5"})
        for _twice in range(2):
            sent = await desk.post(address, data=filled)
            assert sent.status_code == 303, re.findall("(?:alert-title|field-error).*", sent.text)
            assert sent.headers["location"] == f"/support/people/{person_id}?done=message_sent"
    assert wrong.status_code == 422
    assert "请写要让考生看到的话" in wrong.text
    assert "请选择显示多久" in wrong.text
    async with world.browser(person_id) as browser:
        assert (await browser.get("/my")).text.count("请尽快回电话") == 1
    async with world.browser(other) as browser:
        assert "请尽快回电话" not in (await browser.get("/my")).text


async def test_a_message_names_nobody_by_number_and_nobody_writes_to_himself(world: World) -> None:
    person_id, by = await world.person(), await agent(world)
    async with world.browser(by) as desk:
        address = f"/support/people/{person_id}/message"
        form = (await desk.get(address)).text
        filled = {"intent": hidden(form, "intent"), "hours": "24", "note": "来电", "ticket": "KF-3"}
        told = await desk.post(address, data={**filled, "text": "您的证件号 450702198001010018 有误"})
        own = await desk.get(f"/support/people/{by}/message")
    assert told.status_code == 422
    assert "消息里不要写证件号和手机号" in told.text
    assert own.headers["location"] == f"/support/people/{by}?done=own"

"""Pictures and formulas of a file: shown in the preview, kept with the import, shown from then on."""

import re
from base64 import b64encode

from examengine.records.words import Role
from tests.banks.pictures import a_png
from tests.web_author.steps import commit, new_bank, previewed, upload
from tests.world import World

MOODLE = f"""<?xml version="1.0" encoding="UTF-8"?>
<quiz><question type="multichoice"><name><text>题一</text></name>
<questiontext format="html"><text><![CDATA[<p>看图 <img src="@@PLUGINFILE@@/a.png" alt="流程图"> 求
\\(x^2\\)</p>]]></text>
<file name="a.png" path="/" encoding="base64">{b64encode(a_png()).decode()}</file></questiontext>
<single>true</single>
<answer fraction="100" format="html"><text>甲</text></answer>
<answer fraction="0" format="html"><text>乙</text></answer>
</question></quiz>"""


async def test_a_picture_of_a_file_is_seen_before_and_after_the_import(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        preview = await upload(browser, bank, MOODLE.encode(), "题.xml")
        shown = await previewed(browser, preview)
        assert f"data:image/png;base64,{b64encode(a_png()).decode()}" in shown
        assert "<msup>" in shown
        await commit(browser, preview)
        listed = (await browser.get(f"{bank}?view=full")).text
        [item_id] = set(re.findall(r"/items/(\d+)", listed))
        item = (await browser.get(f"{bank}/items/{item_id}")).text
        picture = re.search(r'<img src="(/media/[0-9a-f]{64}\.png)" alt="流程图" width="3" height="2">', item)
        assert picture is not None
        assert (await browser.get(picture[1])).content == a_png()
        edited = (await browser.get(f"{bank}/items/{item_id}/edit")).text
        assert f"src=&#34;{picture[1]}&#34;" in edited

"""Pictures are kept once, under the digest of their bytes."""

from dataclasses import replace

import pytest

from examengine.banks.item import Item, Kind, Option
from examengine.banks.markup import Media, settle
from examengine.records import media
from examengine.records.database import Database
from examengine.records.errors import Missing
from tests.banks.pictures import a_picture
from tests.records.builders import T0

ITEM = Item(
    Kind.SINGLE_CHOICE,
    "[图]",
    (Option("a", "甲"), Option("b", "乙")),
    frozenset("a"),
    markup='<img src="media:1.png">',
)


def settled(grey: int = 128) -> Media:
    return settle([ITEM], [a_picture(grey=grey)])[1][0]


async def test_a_picture_is_kept_once_and_found_by_its_digest(database: Database) -> None:
    kept = settled()
    async with database.writing() as tx:
        await media.keep(tx, [kept, kept], T0)
        await media.keep(tx, [kept], T0 + 1)
    sha256 = kept.name.partition(".")[0]
    async with database.reading() as tx:
        assert await media.get_media(tx, sha256) == Media(sha256, "image/png", kept.data)
        assert await media.find_missing(tx, [sha256, "0" * 64]) == {"0" * 64}
        with pytest.raises(Missing):
            await media.get_media(tx, "0" * 64)


async def test_what_is_not_settled_is_refused(database: Database) -> None:
    for wrong in (a_picture(), replace(settled(), data=b"else"), replace(settled(), type="image/svg+xml")):
        with pytest.raises(ValueError, match="not settled"):
            async with database.writing() as tx:
                await media.keep(tx, [wrong], T0)

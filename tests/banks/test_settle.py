"""Pictures named for good."""

import hashlib
from dataclasses import replace

from examengine.banks.item import Item, Kind, Option
from examengine.banks.markup import Media, references, settle
from examengine.banks.markup.settle import SIDE_LIMIT, size_of
from tests.banks.pictures import a_picture, a_png

ITEM = Item(Kind.SINGLE_CHOICE, "看图 [图]", (Option("a", "甲"), Option("b", "乙")), frozenset("a"))


def showing(markup: str) -> Item:
    return replace(ITEM, markup=markup)


def test_a_picture_is_named_by_its_digest_and_gets_its_size() -> None:
    (item,), (kept,) = settle([showing('<p>看图 <img src="media:1.png" alt="甲&quot;乙"></p>')], [a_picture()])
    name = hashlib.sha256(a_png()).hexdigest() + ".png"
    assert kept == Media(name, "image/png", a_png())
    assert item.markup == f'<p>看图 <img src="media:{name}" alt="甲&quot;乙" width="3" height="2"></p>'
    assert references(item) == (name,)


def test_what_nobody_shows_stays_behind_and_the_same_is_kept_once() -> None:
    shown = replace(ITEM, options=(Option("a", "甲", markup='<img src="media:1.png">'), ITEM.options[1]))
    items, kept = settle(
        [showing('<img src="media:2.png">'), shown],
        [a_picture("1.png"), a_picture("2.png"), a_picture("3.png", grey=1)],
    )
    assert len(kept) == 1
    assert references(items[0]) == references(items[1]) == (kept[0].name,)


def test_a_settled_item_stays_as_it_is() -> None:
    items, kept = settle([showing('<img src="media:1.png">')], [a_picture()])
    assert settle(items, ()) == (items, ())
    assert settle(items, kept) == (items, kept)
    narrow = showing(f'<img src="media:{kept[0].name}" alt="" width="30">')
    assert settle([narrow], kept)[0][0].markup.endswith(' width="30" height="20">')


def test_a_reference_to_nothing_becomes_words_and_so_does_what_is_no_picture() -> None:
    sound = Media("1.mp3", "audio/mpeg", b"ID3")
    (first, second), kept = settle(
        [showing('<p><img src="media:9.png" alt="&lt;b&gt;"></p>'), showing('<img src="media:1.mp3">')], [sound]
    )
    assert first.markup == "<p>[图：&lt;b&gt;]</p>"
    assert second.markup == "[图]"
    assert kept == ()


def test_a_side_that_the_author_gave_leads_the_other() -> None:
    (item,), _kept = settle([showing('<img src="media:1.png" width="300">')], [a_picture(width=30, height=20)])
    assert 'width="300" height="200"' in item.markup
    (item,), _kept = settle([showing('<img src="media:1.png" height="0" width="x">')], [a_picture()])
    assert 'width="3" height="2"' in item.markup


def test_sizes_are_bounded_and_unreadable_bytes_have_none() -> None:
    assert size_of(a_png(SIDE_LIMIT, 1)) == (SIDE_LIMIT, 1)
    assert size_of(a_png(SIDE_LIMIT + 1, 1)) is None
    assert size_of(b"\x89PNG\r\n\x1a\n") is None
    assert size_of(b"RIFF\0\0\0\0WEBPxx") is None

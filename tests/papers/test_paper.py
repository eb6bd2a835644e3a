import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.papers.draw import draw
from examengine.papers.paper import Paper, PaperItem, pack, unpack
from examengine.papers.release import Release
from tests.papers.builders import a_bank, a_blueprint, a_seed, an_item, of_cells, single_choice

LETTERS = "abcdefghijklmnopqrstuvwxyz"

option_orders = st.integers(0, 26).flatmap(
    lambda options: st.permutations(LETTERS).map(lambda letters: tuple(letters[:options]))
)
paper_items = st.builds(
    PaperItem,
    version_id=st.one_of(st.integers(0, 20_000), st.integers(0, (1 << 62) - 1)),
    cell=st.integers(0, 63),
    option_order=option_orders,
)
papers = st.builds(Paper, generator=st.integers(0, 300), items=st.lists(paper_items, max_size=60).map(tuple))


@given(papers)
def test_a_packed_paper_comes_back_as_it_was(paper):
    assert unpack(pack(paper)) == paper


def test_a_paper_of_fifty_out_of_ten_thousand_takes_about_200_bytes():
    bank = a_bank(6000, 2000, 2000)
    sizes = [len(pack(draw(a_blueprint(), bank, a_seed(n)))) for n in range(5)]
    assert max(sizes) <= 220


def test_the_first_byte_names_the_form():
    assert pack(Paper(1, ()))[0] == 1


def test_the_packed_form_is_frozen():
    paper = Paper(
        1,
        (
            PaperItem(1003, 0, ("c", "a", "b", "d")),
            PaperItem(1001, 0, ("z", "y", "x", "w")),
            PaperItem(1010, 2, ("t", "f")),
        ),
    )
    assert pack(paper).hex() == "010103e9070a020004020206dff300d79dbb44"


def test_a_paper_of_form_one_can_be_read_for_ever():
    assert unpack(bytes.fromhex("010103e9070a020004020206dff300d79dbb44")).items[2] == PaperItem(1010, 2, ("t", "f"))


@given(st.binary(max_size=80).map(lambda tail: b"\x01" + tail))
def test_any_other_bytes_are_refused_or_make_a_paper(packed):
    try:
        paper = unpack(packed)
    except ValueError:
        return
    assert all(len(set(item.option_order)) == len(item.option_order) for item in paper.items)


@given(st.data())
def test_a_paper_that_breaks_off_in_its_header_is_refused(data):
    packed = pack(draw(a_blueprint(), a_bank(), a_seed(1)))
    with pytest.raises(ValueError, match=r"breaks off|not a packed paper|contradicts"):
        unpack(packed[: data.draw(st.integers(0, 9))])


@pytest.mark.parametrize(
    ("packed", "why"),
    [
        ("", "not a packed paper"),
        ("02", "not a packed paper"),
        ("0101", "breaks off"),
        ("0101ffffffffffffffffffff", "breaks off"),
        ("0101f504000101", "contradicts"),
        ("010101000001", "contradicts"),
        ("010101000102", "contradicts"),
        ("010101000100", "contradicts"),
        ("0101010001014004", "names a cell"),
        ("010101000101001b", "names a cell"),
        ("01010100010100007f", "goes on"),
    ],
)
def test_a_malformed_paper_is_refused(packed, why):
    with pytest.raises(ValueError, match=why):
        unpack(bytes.fromhex(packed))


def test_a_packed_paper_of_absurd_length_is_refused_unread():
    with pytest.raises(ValueError, match="at most"):
        unpack(b"\x01" * 40_000)


@pytest.mark.parametrize(
    ("paper", "why"),
    [
        (Paper(1, (PaperItem(1, 0, ("a", "a")),)), "distinct letters"),
        (Paper(1, (PaperItem(1, 0, ("A",)),)), "distinct letters"),
        (Paper(1, (PaperItem(1, 0, ("ab",)),)), "distinct letters"),
        (Paper(1, (PaperItem(-1, 0, ("a",)),)), "cannot be packed"),
        (Paper(1, (PaperItem(1, 0, ("a",)),) * 501), "at most 500"),
    ],
)
def test_what_no_draw_yields_is_not_packed(paper, why):
    with pytest.raises(ValueError, match=why):
        pack(paper)


def test_an_item_with_twenty_six_options_can_be_drawn_and_packed():
    release = Release(1, (an_item(1, options=LETTERS),))
    paper = draw(of_cells(single_choice(1)), release, a_seed(3))
    assert sorted(paper.items[0].option_order) == list(LETTERS)
    assert unpack(pack(paper)) == paper

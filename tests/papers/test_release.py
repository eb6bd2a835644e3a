import pytest

from examengine.banks.item import Kind
from examengine.papers.release import ReleaseItem
from tests.papers.builders import a_release, an_item


@pytest.mark.parametrize("options", ["aab", "aB", "a1", "aé"])
def test_options_must_be_distinct_letters(options):
    with pytest.raises(ValueError, match="not distinct letters"):
        an_item(1, options=options)


def test_an_option_must_be_one_letter():
    with pytest.raises(ValueError, match="not distinct letters"):
        ReleaseItem(1, 1, Kind.SINGLE_CHOICE, ("a", "bc"))


def test_a_fixed_option_must_exist():
    with pytest.raises(ValueError, match="fixes options"):
        an_item(1, options="abc", fixed="d")


def test_a_release_holds_an_item_in_one_version_only():
    with pytest.raises(ValueError, match="two versions of one item"):
        a_release(ReleaseItem(1, 5, Kind.TRUE_FALSE, ("t", "f")), ReleaseItem(2, 5, Kind.TRUE_FALSE, ("t", "f")))


def test_a_release_holds_a_version_once():
    with pytest.raises(ValueError, match="one version twice"):
        a_release(ReleaseItem(1, 5, Kind.TRUE_FALSE, ("t", "f")), ReleaseItem(1, 6, Kind.TRUE_FALSE, ("t", "f")))

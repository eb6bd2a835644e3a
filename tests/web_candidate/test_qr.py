"""QR codes drawn by adding are those that the library draws whole."""

import random

import pytest
import segno

from examengine.web.candidate.qr import qr_of

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def whole(text: str) -> str:
    made = segno.make(text, micro=False, error="m", mask=0, boost_error=False)
    return made.svg_inline(omitsize=True, svgclass=None, lineclass=None)


@pytest.mark.parametrize("address", ["https://exam.example.gov.cn/receipt", "http://127.0.0.1:8000/receipt"])
def test_a_code_that_is_added_up_is_the_one_that_is_drawn_whole(address: str) -> None:
    dice = random.Random(address)
    for _ in range(20):
        number, digest = "".join(dice.choices(SIGNS, k=12)), "".join(dice.choices("0123456789abcdef", k=16))
        link = f"{address}?number={number}&digest={digest}"
        assert qr_of(link) == whole(link)


def test_lengths_do_not_meet() -> None:
    for length in range(1, 80):
        text = "a" * length
        assert qr_of(text) == whole(text)


def test_what_is_not_ascii_is_refused() -> None:
    with pytest.raises(ValueError, match="ascii"):
        qr_of("回执")

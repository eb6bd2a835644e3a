"""A browser's description of itself comes to one coarse word."""

import hashlib
import re

import pytest

from examengine.live.desk import MAX_DEVICE_BYTES
from examengine.web.device import device_here, device_told, device_word, network_mark

WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Safari/604.1"


@pytest.mark.parametrize(
    ("agent", "word", "told"),
    [
        (WINDOWS, "chrome-windows", "Windows 电脑 Chrome"),
        (WINDOWS + " Edg/120.0", "edge-windows", "Windows 电脑 Edge"),
        (IPHONE, "safari-ios", "苹果手机或平板 Safari"),
        (IPHONE + " MicroMessenger/8.0", "wechat-ios", "苹果手机或平板 微信"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
            "firefox-linux",
            "Linux 电脑 Firefox",
        ),
        ("", "other-other", ""),
        ("鸟\r\n<b> 7 8", "other-other", ""),
        ("x" * 100_000 + "chrome", "other-other", ""),
    ],
)
def test_families_and_systems_are_told_apart(agent: str, word: str, told: str) -> None:
    assert device_word(agent) == word
    assert device_told(word) == told
    assert re.fullmatch(r"[a-z]+-[a-z]+", word)
    assert len(word) <= 32


def test_a_network_is_told_by_five_opaque_letters_behind_the_device() -> None:
    word = device_here(WINDOWS, "203.0.113.9", secret)
    assert re.fullmatch(r"chrome-windows-[0-9a-f]{5}", word)
    assert device_told(word) == "Windows 电脑 Chrome"
    assert device_here(WINDOWS, "203.0.113.250", secret) == word  # the same 24 bits
    assert device_here(WINDOWS, "203.0.114.9", secret) != word
    assert device_here(WINDOWS, "::ffff:203.0.113.9", secret) == word
    assert network_mark("2001:db8:1:2::3", secret) == network_mark("2001:db8:1:ffff::9", secret)
    assert len(device_here("micromessenger openharmony", "2001:db8::1", secret)) <= MAX_DEVICE_BYTES


@pytest.mark.parametrize("address", [None, "", "testclient", "unix:", "1.2.3", "203.0.113.9; --"])
def test_where_there_is_no_address_the_device_stands_alone(address: str | None) -> None:
    assert device_here(WINDOWS, address, secret) == "chrome-windows"


def secret(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

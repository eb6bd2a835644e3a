"""The kind of device that asks, in one coarse word: enough to tell a person where his exam is open, too little to
follow him by. Behind it, opaque, which network it came from: only to see who else there fell silent in that minute.
"""

import ipaddress
import re
from collections.abc import Callable
from functools import lru_cache
from types import MappingProxyType

from examengine.live.devices import parts_of
from examengine.web.wording import gettext as _

MAX_AGENT = 400
OTHER = "other"
NETWORK_LETTERS = 5
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"({_OCTET}\.{_OCTET}\.{_OCTET})\.{_OCTET}")
"""As nearly every address is written; all others are looked at more closely."""

# the first that the browser's own description contains: many call themselves by several names
_FAMILIES = (
    ("micromessenger", "wechat"),
    ("dingtalk", "dingtalk"),
    ("edg", "edge"),
    ("qqbrowser", "qq"),
    ("ucbrowser", "uc"),
    ("huaweibrowser", "huawei"),
    ("miuibrowser", "xiaomi"),
    ("firefox", "firefox"),
    ("fxios", "firefox"),
    ("crios", "chrome"),
    ("chrome", "chrome"),
    ("safari", "safari"),
    ("trident", "ie"),
)
_SYSTEMS = (
    ("openharmony", "harmony"),
    ("harmonyos", "harmony"),
    ("android", "android"),
    ("iphone", "ios"),
    ("ipad", "ios"),
    ("windows", "windows"),
    ("mac os", "mac"),
    ("linux", "linux"),
)
_TOLD = MappingProxyType(
    {
        "wechat": _("微信"),
        "dingtalk": _("钉钉"),
        "edge": "Edge",
        "qq": _("QQ 浏览器"),
        "uc": _("UC 浏览器"),
        "huawei": _("华为浏览器"),
        "xiaomi": _("小米浏览器"),
        "firefox": "Firefox",
        "chrome": "Chrome",
        "safari": "Safari",
        "ie": "IE",
        "harmony": _("鸿蒙设备"),
        "android": _("安卓手机"),
        "ios": _("苹果手机或平板"),
        "windows": _("Windows 电脑"),
        "mac": _("苹果电脑"),
        "linux": _("Linux 电脑"),
    }
)


def device_word(agent: str) -> str:
    """``family-system`` of a User-Agent, such as ``chrome-windows``; letters and one hyphen, at most 32."""
    return _word(agent[:MAX_AGENT])


@lru_cache(maxsize=512)
def _word(agent: str) -> str:
    known = agent.lower()
    family = next((word for sign, word in _FAMILIES if sign in known), OTHER)
    system = next((word for sign, word in _SYSTEMS if sign in known), OTHER)
    return f"{family}-{system}"


def network_mark(address: str | None, secret: Callable[[str], str]) -> str:
    """Five letters that stand for the network of an address (of IPv4 24 bits, of IPv6 48), "" where there is none.

    The address itself is kept nowhere. A million networks share the marks: alike says "probably the same".

    Args:
        secret: an opaque text of a text, which only we can make.
    """
    if address is not None and (found := _IPV4.fullmatch(address)) is not None:
        return secret(f"{found[1]}.0/24")[:NETWORK_LETTERS]
    try:
        known = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    bits = 24 if known.version == 4 else 48
    network = ipaddress.ip_network((known, bits), strict=False)
    return secret(str(network))[:NETWORK_LETTERS]


def device_here(agent: str, address: str | None, secret: Callable[[str], str]) -> str:
    """The device word with the mark of the network behind it, where that is known: ``chrome-windows-3f9ac``."""
    word, mark = device_word(agent), network_mark(address, secret)
    return f"{word}-{mark}" if mark else word


def device_told(word: str) -> str:
    """A device word for people, "" where it says nothing: Windows 电脑 Chrome."""
    family, system, _network = parts_of(word)
    return " ".join(told for told in (_TOLD.get(system, ""), _TOLD.get(family, "")) if told)

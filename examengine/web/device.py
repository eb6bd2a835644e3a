"""The kind of device that asks, in one coarse word: enough to tell a person where his exam is open, too little to
follow him by.
"""

from types import MappingProxyType

from examengine.web.wording import gettext as _

MAX_AGENT = 400
OTHER = "other"

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
    known = agent[:MAX_AGENT].lower()
    family = next((word for sign, word in _FAMILIES if sign in known), OTHER)
    system = next((word for sign, word in _SYSTEMS if sign in known), OTHER)
    return f"{family}-{system}"


def device_told(word: str) -> str:
    """A device word for people, "" where it says nothing: Windows 电脑 Chrome."""
    family, _hyphen, system = word.partition("-")
    return " ".join(told for told in (_TOLD.get(system, ""), _TOLD.get(family, "")) if told)

"""The word by which a journal names a device: ``family-system``, with the mark of its network behind it where that is
known.
"""

from collections.abc import Iterable


def parts_of(word: str) -> tuple[str, str, str]:
    """Family, system and network, "" for what the word does not say."""
    family, system, network = f"{word}--".split("-", 2)
    return family, system, network.rstrip("-")


def device_at(lines: Iterable[str], at_ms: int) -> str:
    """The device of the page that held the pen at ``at_ms``, "" where none did."""
    device = ""
    for line in lines:
        if line[:2] == "c ":
            _kind, at, _epoch, _page, *named = line.split(" ")
            if int(at) > at_ms:
                break
            device = named[0] if named else ""
    return device

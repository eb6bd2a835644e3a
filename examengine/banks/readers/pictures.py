"""Pictures a question refers to: found on the shelf, or said why not."""

from collections.abc import Mapping
from typing import Final

from examengine.banks.markup import MediaShelf
from examengine.banks.markup.media import Refusal
from examengine.banks.readers.asked import Asked

_SAID: Final[Mapping[Refusal, tuple[str, str]]] = {
    "missing": ("image_missing", "题中引用的图片“{}”不在文件里，没有读入；请连同图片一起导出"),
    "remote": ("image_remote", "题中引用了别的网站的图片“{}”，没有读入；请把图片放进文件"),
    "not_a_picture": ("image_unreadable", "题中的“{}”不是可以显示的图片（PNG、JPEG、GIF、WebP），没有读入"),
    "too_large": ("image_too_large", "图片“{}”过大（单个 8 MB、合计 40 MB），没有读入"),
    "too_many": ("image_too_large", "图片过多，“{}”没有读入；请拆成几个文件"),
}


class Pictures:
    """Finds the pictures of one question: give ``find`` to what reads its HTML, then ``remark`` on the question."""

    def __init__(self, shelf: MediaShelf, extra: Mapping[str, bytes] | None = None, base: str = "") -> None:
        self._shelf, self._extra, self._base = shelf, extra, base
        self._refused: list[tuple[Refusal, str]] = []
        self.found = 0

    def find(self, source: str) -> str:
        """The name of what ``source`` refers to, "" where it is not taken."""
        if source.startswith("media:"):
            # A reference of ours would pass for a picture that this upload does not hold.
            source = source[6:]
        kept = self._shelf.find(source, self._extra, self._base)
        if "." in kept:
            self.found += 1
            return kept
        self._refused.append((kept, source[:60]))  # type: ignore[arg-type]
        return ""

    def remark(self, asked: Asked) -> None:
        for refusal, source in self._refused:
            code, message = _SAID[refusal]
            shown = source if not source.startswith("data:") else "内嵌图片"
            asked.remark("warning", code, message.format(shown))

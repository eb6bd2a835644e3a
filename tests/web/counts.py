"""What the sections of a paper come to, for samples of its page."""

from collections.abc import Sequence

from examengine.web.candidate.paper_page import Section


def answered_count(sections: Sequence[Section]) -> int:
    return sum(bool(shown.answer) for section in sections for shown in section.shown)


def flagged_count(sections: Sequence[Section]) -> int:
    return sum(shown.flagged for section in sections for shown in section.shown)

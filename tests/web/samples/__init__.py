"""Every page in its states, for the gallery and for the tests."""

from tests.web.samples import (
    acts,
    analysis,
    blueprints,
    candidate,
    checks,
    editor,
    exports,
    finding,
    incidents,
    items,
    marking,
    operators,
    requests,
    results,
    staff,
    staffing,
    waiting,
    wall,
)
from tests.web.samples.candidate import RESULT
from tests.web.samples.frames import LI, MINUTE, OUTSIDE
from tests.web.samples.paper import exam_page, sections

PAGES = (
    candidate.PAGES
    | acts.PAGES
    | analysis.PAGES
    | blueprints.PAGES
    | checks.PAGES
    | editor.PAGES
    | exports.PAGES
    | finding.PAGES
    | incidents.PAGES
    | items.PAGES
    | staff.PAGES
    | staffing.PAGES
    | waiting.PAGES
    | operators.PAGES
    | requests.PAGES
    | results.PAGES
    | marking.PAGES
    | wall.PAGES
)

__all__ = ["LI", "MINUTE", "OUTSIDE", "PAGES", "RESULT", "exam_page", "sections"]

"""Every page in its states, for the gallery and for the tests."""

from tests.web.samples import analysis, blueprints, candidate, editor, exports, items, marking, operators, staff
from tests.web.samples.candidate import RESULT
from tests.web.samples.frames import LI, MINUTE, OUTSIDE
from tests.web.samples.paper import exam_page, sections

PAGES = (
    candidate.PAGES
    | analysis.PAGES
    | blueprints.PAGES
    | editor.PAGES
    | exports.PAGES
    | items.PAGES
    | staff.PAGES
    | operators.PAGES
    | marking.PAGES
)

__all__ = ["LI", "MINUTE", "OUTSIDE", "PAGES", "RESULT", "exam_page", "sections"]

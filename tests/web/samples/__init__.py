"""Every page in its states, for the gallery and for the tests."""

from tests.web.samples import candidate, operators, staff
from tests.web.samples.candidate import RESULT
from tests.web.samples.frames import LI, MINUTE, OUTSIDE
from tests.web.samples.paper import exam_page, sections

PAGES = candidate.PAGES | staff.PAGES | operators.PAGES

__all__ = ["LI", "MINUTE", "OUTSIDE", "PAGES", "RESULT", "exam_page", "sections"]

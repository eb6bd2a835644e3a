"""The exam that is measured on, made by the same function that serves requests."""

from examengine.demo.synthetic import published
from examengine.records.exams import Exam
from examengine.web.services import Services


async def published_exam(services: Services, authority: int, year: int, now_ms: int) -> Exam:
    """The practice exam of that year, published by a person who is there already."""
    return await published(services.database, services.shelf, "压力测试", authority, year, now_ms)

"""Addresses of the operators' pages."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examengine.web.http import see_other
from examengine.web.operator import enrol, exams, lists, people, publish, rulebooks


async def _start(_request: Request) -> Response:
    return see_other("/operator/exams")


ROUTES = [
    Route("/operator", _start),
    Route("/operator/exams", exams.list_exams),
    Route("/operator/exams/{id}", exams.show_exam),
    Route("/operator/exams/{id}/withdraw", exams.withdraw_page),
    Route("/operator/exams/{id}/withdraw", exams.withdraw, methods=["POST"]),
    Route("/operator/exams/{id}/enrol", enrol.enrol_all, methods=["POST"]),
    Route("/operator/exams/{id}/upload", enrol.upload_list, methods=["POST"]),
    Route("/operator/exams/{id}/lists/{year}/{upload}", enrol.show_list),
    Route("/operator/exams/{id}/lists/{year}/{upload}/enrol", enrol.enrol_list, methods=["POST"]),
    Route("/operator/publish", publish.publish_page),
    Route("/operator/publish", publish.publish, methods=["POST"]),
    Route("/operator/publish/confirm", publish.confirm, methods=["POST"]),
    Route("/operator/rulebooks/new", rulebooks.rulebook_page),
    Route("/operator/rulebooks/upload", rulebooks.upload, methods=["POST"]),
    Route("/operator/people", people.people_page),
    Route("/operator/people/template.xlsx", people.template),
    Route("/operator/people/upload", people.upload, methods=["POST"]),
    Route("/operator/people/{exam}/uploads/{upload}", people.preview),
    Route("/operator/people/{exam}/uploads/{upload}/commit", people.commit, methods=["POST"]),
    Route("/operator/people/{exam}/uploads/{upload}/passwords", people.fetch_passwords, methods=["POST"]),
    Route("/operator/{kind}", lists.list_page),
    Route("/operator/{kind}/upload", lists.upload, methods=["POST"]),
    Route("/operator/{kind}/uploads/{upload}", lists.preview),
    Route("/operator/{kind}/uploads/{upload}/commit", lists.commit, methods=["POST"]),
]

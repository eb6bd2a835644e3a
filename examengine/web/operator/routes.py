"""Addresses of the operators' pages."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examengine.web.http import see_other
from examengine.web.operator import (
    checks,
    duties,
    enrol,
    exams,
    lists,
    people,
    publish,
    rulebooks,
    wall,
    wall_people,
    wall_selected,
)
from examengine.web.operator.incident_routes import INCIDENT_ROUTES
from examengine.web.operator.result_routes import RESULT_ROUTES


async def _start(_request: Request) -> Response:
    return see_other("/operator/exams")


ROUTES = [
    Route("/operator", _start),
    Route("/operator/wall", wall.wall_page),
    Route("/operator/wall/table", wall_people.table_page),
    Route("/operator/wall/selected", wall_selected.selected_page),
    Route("/operator/wall/message", wall_selected.message, methods=["POST"]),
    Route("/operator/wall/export", wall_selected.export, methods=["POST"]),
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
    Route("/operator/publish/sign", publish.sign, methods=["POST"]),
    Route("/operator/exams/{id}/checks", checks.exam_checks),
    Route("/operator/duty", duties.duty_page),
    Route("/operator/duty", duties.add, methods=["POST"]),
    Route("/operator/duty/hotline", duties.set_hotline, methods=["POST"]),
    Route("/operator/duty/{id}/drop", duties.drop, methods=["POST"]),
    *INCIDENT_ROUTES,
    *RESULT_ROUTES,
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

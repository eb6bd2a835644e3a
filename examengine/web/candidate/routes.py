"""Addresses of the candidate's pages; what a page's script sends is answered by :mod:`.live` before these."""

from starlette.routing import Route

from examengine.web.candidate import (
    again,
    asking,
    contract,
    ending,
    exam,
    my,
    receipt,
    sign_in,
    sign_in_waiting,
    waiting,
)

ROUTES = [
    Route("/sittings/{id}", exam.exam),
    Route("/enrolments/{id}/start", contract.start, methods=["POST"]),
    Route("/sittings/{id}/result", ending.result),
    Route("/sittings/{id}/hand-in", ending.hand_in, methods=["POST"]),
    Route("/my", my.my_exams),
    Route("/", sign_in.home),
    Route("/login", sign_in.login_page),
    Route("/login", sign_in.login, methods=["POST"]),
    Route("/login/place", sign_in_waiting.ask_place, methods=["POST"]),
    Route("/logout", sign_in.logout, methods=["POST"]),
    Route("/password", sign_in.password_page),
    Route("/password", sign_in.password, methods=["POST"]),
    Route("/enrolments/{id}/why", my.why),
    Route("/enrolments/{id}/card", my.card, methods=["POST"]),
    Route("/enrolments/{id}/request", asking.asking_page),
    Route("/enrolments/{id}/request", asking.ask, methods=["POST"]),
    Route("/enrolments/{id}/request/withdraw", asking.withdraw, methods=["POST"]),
    Route("/enrolments/{id}/contract", contract.contract),
    Route("/enrolments/{id}/waiting", waiting.waiting),
    Route("/sittings/{id}/pen", exam.take_pen, methods=["POST"]),
    Route("/sittings/{id}/form", exam.form, methods=["POST"]),
    Route("/sittings/{id}/sign-in", again.sign_in_again, methods=["POST"]),
    Route("/sittings/{id}/hand-in", ending.hand_in_page),
    Route("/sittings/{id}/give-up", ending.give_up_page),
    Route("/sittings/{id}/give-up", ending.give_up, methods=["POST"]),
    Route("/sittings/{id}/receipt.json", receipt.receipt_file),
    Route("/receipt", receipt.check_page),
    Route("/receipt", receipt.check, methods=["POST"]),
]

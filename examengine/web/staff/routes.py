"""Addresses of the pages on accounts of staff."""

from starlette.routing import Route

from examengine.web.staff import accounts, acts, new_account, patterns, second_factor

ROUTES = [
    Route("/second-factor", second_factor.code_page),
    Route("/second-factor", second_factor.code, methods=["POST"]),
    Route("/second-factor/new", second_factor.set_up_page),
    Route("/second-factor/new", second_factor.set_up, methods=["POST"]),
    Route("/second-factor/codes", second_factor.renew_codes, methods=["POST"]),
    Route("/second-factor/remove", second_factor.remove, methods=["POST"]),
    Route("/unlock", second_factor.unlock_page),
    Route("/unlock", second_factor.unlock, methods=["POST"]),
    Route("/staff", accounts.list_page),
    Route("/staff", accounts.search, methods=["POST"]),
    Route("/staff/new", new_account.new_page),
    Route("/staff/new", new_account.open_one, methods=["POST"]),
    Route("/staff/patterns", patterns.patterns_page),
    Route("/staff/patterns", patterns.set_bounds, methods=["POST"]),
    Route("/staff/{id}", accounts.account_page),
    Route("/staff/{id}/{act}", acts.act_page),
    Route("/staff/{id}/{act}", acts.act, methods=["POST"]),
]

"""Addresses of the pages of results."""

from starlette.routing import Route

from examengine.web.operator import result_exports, result_papers, results

RESULT_ROUTES = [
    Route("/operator/results", results.list_exams),
    Route("/operator/results/find", result_papers.find, methods=["POST"]),
    Route("/operator/results/exports", result_exports.list_exports),
    Route("/operator/results/exports/{id}", result_exports.show_export),
    Route("/operator/results/exports/{id}/file.xlsx", result_exports.fetch),
    Route("/operator/results/people/{id}", result_papers.show_person),
    Route("/operator/results/attempts/{id}/paper", result_papers.paper_page),
    Route("/operator/results/attempts/{id}/paper", result_papers.print_paper, methods=["POST"]),
    Route("/operator/results/{id}", results.list_results),
    Route("/operator/results/{id}/rates", results.show_rates),
    Route("/operator/results/{id}/export", result_exports.export_page),
    Route("/operator/results/{id}/export", result_exports.ask, methods=["POST"]),
]

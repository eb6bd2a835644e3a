"""Addresses of incidents and announcements."""

from starlette.routing import Route

from examengine.web.operator import announcements, incident_report, incidents

INCIDENT_ROUTES = [
    Route("/operator/incidents", incidents.list_all),
    Route("/operator/incidents/new", incidents.new_page),
    Route("/operator/incidents/new", incidents.open_new, methods=["POST"]),
    Route("/operator/incidents/{id}", incidents.show),
    Route("/operator/incidents/{id}/adjust", incidents.adjust, methods=["POST"]),
    Route("/operator/incidents/{id}/ask", incidents.ask, methods=["POST"]),
    Route("/operator/incidents/{id}/decide", incidents.decide, methods=["POST"]),
    Route("/operator/incidents/{id}/drop", incidents.drop, methods=["POST"]),
    Route("/operator/incidents/{id}/undo", incidents.ask_undo, methods=["POST"]),
    Route("/operator/incidents/{id}/undo/decide", incidents.decide_undo, methods=["POST"]),
    Route("/operator/incidents/{id}/report", incident_report.report),
    Route("/operator/incidents/{id}/report.pdf", incident_report.report_pdf),
    Route("/operator/announcements", announcements.announcements_page),
    Route("/operator/announcements", announcements.announce, methods=["POST"]),
    Route("/operator/announcements/{id}/withdraw", announcements.withdraw, methods=["POST"]),
]

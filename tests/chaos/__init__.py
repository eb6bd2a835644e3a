"""Breaking things while hundreds of people sit exams, and counting what was lost: ``make chaos SECONDS=60 SEED=1``.

Real processes only: ``examengine serve``, PostgreSQL, Redis, Sentinels, a cluster. The driver plays the browsers, the
service manager that starts again what was killed, and the hand that kills.
"""

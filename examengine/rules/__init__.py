"""A year's rules as data, and the pure functions that apply them.

``decide`` says whether a person may sit; ``closes_at`` says when a sitting ends and why; ``replay`` folds a
person's events into both. Nothing here knows a clock, a database or a browser.
"""

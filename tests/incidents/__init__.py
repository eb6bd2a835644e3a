"""Incidents and announcements."""

"""Scores looked at again: corrections of keys, and the statistics that call for them."""

"""Pages and acts of candidates."""

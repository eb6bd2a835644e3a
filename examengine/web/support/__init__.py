"""Pages and acts of support staff."""

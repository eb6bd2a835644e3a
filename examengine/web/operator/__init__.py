"""Pages and acts of operators."""

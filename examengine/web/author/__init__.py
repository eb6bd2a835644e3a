"""Pages and acts of question authors."""

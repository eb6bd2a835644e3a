"""Lists and documents."""

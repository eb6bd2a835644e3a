"""Writers: items to files, one module a format."""

"""From a file to an exam that can be sat: committing an import, freezing a release, publishing an exam."""

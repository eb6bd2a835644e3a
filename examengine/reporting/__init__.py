"""Results in lists, workbooks and papers of one candidate."""

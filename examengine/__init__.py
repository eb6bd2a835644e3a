"""Online exam delivery for public-subject exams (公需科目)."""

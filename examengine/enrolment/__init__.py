"""How the right to sit an exam arises: enrolment, card, learning done."""

"""The demo authority that ``make run`` shows: banks, people in interesting states, an exam that is open now."""

"""Races against other libraries: the runs, the judge and the pictures."""

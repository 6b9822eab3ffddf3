"""Files of other programs: a module a format, read and written a chunk at a time."""

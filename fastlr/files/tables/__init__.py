"""Tables: how fields are separated, and which columns hold the labels and the text."""

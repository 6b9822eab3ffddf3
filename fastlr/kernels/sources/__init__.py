"""The one plain-Python source of every kernel."""

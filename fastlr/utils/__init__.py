"""Helpers that import nothing else of fastlr."""

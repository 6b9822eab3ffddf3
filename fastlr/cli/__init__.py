"""The sub-commands of ``fastlr``, a file each.

What they work with is imported when they run: ``--help`` is not to wait for it.
"""

"""The commands of ``fastlr``, one module each.

Modules import what they work with when they run, so that ``--help`` need not wait for it.
"""

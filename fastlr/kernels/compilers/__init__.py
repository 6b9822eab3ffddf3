"""The ways to run the kernel sources: a module or package for each compiler."""

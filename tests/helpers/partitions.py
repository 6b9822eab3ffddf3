"""Rows in partitions, and tasks that misbehave. Processes import this module, so it needs nothing slow."""

import itertools
import os
import time

import numpy as np


def blocks_of(X, y, s=None, n=5):
    """The rows in ``n`` partitions."""
    from fastlr.distributed.partition import Block

    bounds = np.linspace(0, X.shape[0], n + 1).astype(int)
    return [Block(X[a:b], y[a:b], None if s is None else s[a:b]) for a, b in itertools.pairwise(bounds)]


class Absent:
    """A block that cannot be read."""

    def read(self):
        raise FileNotFoundError("no such file: part-3.svm")


def add(*numbers):
    return sum(numbers)


def slowly(seconds, number):
    time.sleep(seconds)
    return number


def end_process(number):
    os._exit(number)


def end_process_once(path, number):
    """End the process, but not if it has been done before."""
    if not os.path.exists(path):
        open(path, "w").close()
        os._exit(1)
    return number


def count_calls(path, value):
    """Return the value, and note the call in a file."""
    with open(path, "a") as file:
        file.write(".")
    return value


def fail(number):
    raise ValueError(f"{number} is a bad number")


def function_of(number):
    """Return what cannot be pickled."""
    return lambda: number


class StrangeError(Exception):
    """An exception that can be pickled, but not unpickled."""

    def __init__(self, number, text):
        super().__init__(f"{text} {number}")


def fail_strangely(number):
    raise StrangeError(number, "two arguments")


class Interrupting:
    """A value that Ctrl-C comes in between when it is sent."""

    def __reduce__(self):
        raise KeyboardInterrupt

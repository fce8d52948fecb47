"""How fast Closedwon is, and how fast the code is that one would use instead: `make bench`.

A case (:mod:`benchmarks.cases`) is a task with its contenders, ours first. :mod:`benchmarks.measuring` runs each
contender in a process of its own, one at a time and in turn, so that a machine that drifts hits all alike.
"""

"""The parts of the benchmarks' README, each written from the results of one script."""

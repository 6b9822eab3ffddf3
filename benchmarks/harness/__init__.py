"""What the benchmarks share: corpora, timing, child processes and figures."""

"""Stochastic and batch gradient methods: SGD, AdaGrad, FTRL and full-batch descent, serial or in threads."""

"""Conjugate gradients and what they remember, against dense algebra."""

import numpy as np
import pytest

from fastlr.solvers.exact.conjugate_gradient import Secants, conjugate_gradients, energy


def make_system(n, seed=0):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, n))
    return A @ A.T + np.diag(10.0 ** rng.uniform(-1, 2, n)), rng.normal(size=(n, 1))


def solve(H, gradient, inverse, secants):
    products = []

    def product(direction):
        products.append(direction)
        return H @ direction

    solution, _ = conjugate_gradients(product, inverse, gradient, 1e-20 * energy(inverse, gradient), secants=secants)
    return solution, len(products)


@pytest.mark.parametrize("room", [0, 10**6])
def test_the_solution_is_that_of_the_system(room):
    H, gradient = make_system(15)
    inverse = 1.0 / np.diag(H)[:, None]
    solution, _ = solve(H, gradient, inverse, Secants(room))
    np.testing.assert_allclose(solution, -np.linalg.solve(H, gradient), rtol=1e-8)


def test_the_inverse_is_exact_where_conjugate_directions_lead():
    H, gradient = make_system(12)
    inverse, secants = 1.0 / np.diag(H)[:, None], Secants(10**6)
    solve(H, gradient, inverse, secants)
    scaled = secants.preconditioner(inverse)
    for direction, change in secants.pairs:
        np.testing.assert_allclose(scaled(change), direction, rtol=1e-6, atol=1e-9 * np.abs(direction).max())


def test_a_like_system_takes_fewer_products():
    H, gradient = make_system(60)
    other = H + 1e-3 * make_system(60, seed=1)[0]
    inverse, secants = 1.0 / np.diag(H)[:, None], Secants(10**6)
    solve(H, gradient, inverse, secants)
    assert solve(other, gradient, inverse, secants)[1] < solve(other, gradient, inverse, Secants(0))[1]


def test_unknowns_that_are_held_stay():
    H, gradient = make_system(20)
    inverse, secants = 1.0 / np.diag(H)[:, None], Secants(10**6)
    solve(H, gradient, inverse, secants)
    inverse[::3] = 0.0
    free = np.flatnonzero(inverse)
    solution, _ = solve(H, gradient, inverse, secants)
    assert (solution[::3] == 0.0).all()
    np.testing.assert_allclose(solution[free], -np.linalg.solve(H[np.ix_(free, free)], gradient[free]), rtol=1e-7)


def test_no_more_is_kept_than_there_is_room_for():
    secants = Secants(100)
    for _ in range(30):
        secants.add(np.ones((10, 1)), np.ones((10, 1)))
    assert len(secants.pairs) == 5
    secants.add(np.ones((60, 1)), np.ones((60, 1)))
    assert len(secants.pairs) == 0


def test_a_preconditioner_that_rounding_made_indefinite_is_given_up():
    """A direction in which the system is flat, to rounding: its pair swallows the residual."""
    H, secants = np.diag([1.0, 2.0]), Secants(100)
    secants.add(np.ones((2, 1)), np.array([[1.0], [2.0**-53 - 1.0]]))
    residual = np.array([[1.0], [-1.0]])
    assert float(np.vdot(residual, secants.preconditioner(np.ones((2, 1)))(residual))) == 0.0
    solution, n_products = solve(H, -residual, np.ones((2, 1)), secants)
    np.testing.assert_allclose(solution, [[1.0], [-0.5]], rtol=1e-12)
    assert n_products <= 3

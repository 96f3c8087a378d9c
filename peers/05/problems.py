"""The matrices of the comparisons: a shifted Laplacian, two steps of the heat equation, and one without structure."""

import numpy
import scipy.sparse as sparse


def laplacian(n):
    line = sparse.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(n, n))
    eye = sparse.eye_array(n)
    return (sparse.kron(eye, line) + sparse.kron(line, eye)).tocsr()


def problems():
    """Name, matrix, right-hand side."""
    stream = numpy.random.default_rng(5)
    yield "laplacian", laplacian(30) + 0.05 * sparse.eye_array(900), stream.standard_normal(900)
    for kappa in (0.1, 9.0):
        cells = 40
        matrix = sparse.eye_array((cells - 1) ** 2) + 0.5e-3 * kappa * cells**2 * laplacian(cells - 1)
        yield f"heat-{kappa}", matrix.tocsr(), stream.standard_normal((cells - 1) ** 2)
    n = 400
    half = sparse.random_array((n, n), density=0.01, rng=stream)
    both = half + half.T
    matrix = both + sparse.diags_array(abs(both).sum(axis=1) + 10.0 ** stream.uniform(-2, 1, n))
    yield "unstructured", matrix.tocsr(), stream.standard_normal(n)

"""Mean and covariance of RGB colours carried over by one matrix.

Several matrices do that; they differ by a rotation. `lct` has the published three, `mkl` the one that moves colours
least: Monge-Kantorovich's (Pitié and Kokaram, The Linear Monge-Kantorovitch Colour Mapping, 2007).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.colour.lab import Planes
from prosopon.faces.colour.sample import Sample

Root = Literal["pca", "chol", "sym"]
_RIDGE = 1e-5
"""Added to variances in `lct`, as published: a picture of one colour has none."""
_LEAST_VARIANCE = (1 / 255) ** 2 / 12
"""That of rounding to 8 bits; no direction of colours varies less."""

_Matrix = NDArray[np.float64]


def lct(sample: Sample, like: Sample, root: Root = "pca") -> Planes:
    """The colours with the mean and covariance of `like`, `(3, N)` in [0, 1].

    Args:
        sample: what gets new colours.
        like: whose colours it gets.
        root: with `C` the covariances (plus 1e-5 I), `pca`: `C_like^1/2 C^-1/2`; `chol`: the same of Cholesky factors;
            `sym`: `C^-1/2 (C^1/2 C_like C^1/2)^1/2 C^-1/2`.
    """
    ridge = _RIDGE * np.eye(3)
    own, wanted = sample.covariance() + ridge, like.covariance() + ridge
    matrix: _Matrix
    if root == "pca":
        matrix = _power(wanted, 0.5) @ _power(own, -0.5)
    elif root == "chol":
        matrix = np.asarray(np.linalg.cholesky(wanted) @ np.linalg.inv(np.linalg.cholesky(own)), np.float64)
    else:
        matrix = _least_moving(own, wanted)
    return _mapped(sample, like, matrix)


def mkl(sample: Sample, like: Sample) -> Planes:
    """The colours with the mean and covariance of `like`, moved as little as possible, `(3, N)` in [0, 1]."""
    return _mapped(sample, like, _least_moving(_held(sample.covariance()), _held(like.covariance())))


def _mapped(sample: Sample, like: Sample, matrix: _Matrix) -> Planes:
    shift = like.mean() - matrix @ sample.mean()
    moved: Planes = matrix.astype(np.float32) @ sample.colours + shift.astype(np.float32)[:, None]
    return np.clip(moved, 0, 1)


def _least_moving(own: _Matrix, wanted: _Matrix) -> _Matrix:
    root, back = _power(own, 0.5), _power(own, -0.5)
    least: _Matrix = back @ _power(root @ wanted @ root, 0.5) @ back
    return least


def _power(matrix: _Matrix, exponent: float) -> _Matrix:
    """Of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    powered: _Matrix = (vectors * np.maximum(values, 1e-16) ** exponent) @ vectors.T
    return powered


def _held(covariance: _Matrix) -> _Matrix:
    values, vectors = np.linalg.eigh(covariance)
    held: _Matrix = (vectors * np.maximum(values, _LEAST_VARIANCE)) @ vectors.T
    return held

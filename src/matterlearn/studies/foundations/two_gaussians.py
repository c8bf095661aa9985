"""Two normal distributions: posterior, decision boundary, and what it costs and brings to refuse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import multivariate_normal, norm

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_REACH = 8.0  # standard deviations to which integrals go: beyond lies 1e-15
_N_GRID = 801
_TURN = 0.6  # radians by which the grid is turned, so that no straight boundary runs along it


@dataclass(frozen=True)
class Classes:
    """Two classes with normal readings.

    Attributes
    ----------
    means : ndarray, shape (2, n_readings)
        Of each class.
    covariances : ndarray, shape (2, n_readings, n_readings)
        Of each class.
    priors : ndarray, shape (2,)
        How often each occurs.
    """

    means: Floats
    covariances: Floats
    priors: Floats


PARTICLES = Classes(
    means=np.array([[0.0, 0.0], [2.2, 1.2]]),
    covariances=np.array([[[1.0, 0.3], [0.3, 0.8]], [[1.6, -0.7], [-0.7, 0.9]]]),
    priors=np.array([0.6, 0.4]),
)
"""Two readings of a detector for two kinds of particles, in units of its resolution."""


def draw(classes: Classes, n_rows: int, *, seed: int) -> tuple[Floats, Ints]:
    """Return readings, shape (n_rows, n_readings), and the class of each, 0 or 1.

    Parameters
    ----------
    classes : Classes
        Where they come from.
    n_rows : int
        Rows.
    seed : int
        Of the draws.
    """
    rng = np.random.default_rng(seed)
    labels = (rng.random(n_rows) < classes.priors[1]).astype(np.intp)
    unit = rng.normal(size=(n_rows, classes.means.shape[1]))
    roots = np.linalg.cholesky(classes.covariances)
    return classes.means[labels] + np.einsum("nij,nj->ni", roots[labels], unit), labels


def log_odds(classes: Classes, readings: Floats) -> Floats:
    """Return ln of the odds of class 1, a quadratic function of the readings, shape (n_rows,).

    Parameters
    ----------
    classes : Classes
        Means, covariances and priors.
    readings : ndarray, shape (n_rows, n_readings)
        Where.
    """
    parts = []
    for mean, covariance, prior in zip(classes.means, classes.covariances, classes.priors, strict=True):
        away = readings - mean
        squares = np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance), away)
        parts.append(np.log(prior) - 0.5 * (squares + np.linalg.slogdet(covariance)[1]))
    return np.asarray(parts[1] - parts[0])


def posterior(classes: Classes, readings: Floats) -> Floats:
    """Return the probability of class 1 by the rule of Bayes, shape (n_rows,)."""
    return np.asarray(expit(log_odds(classes, readings)))


def estimated(readings: Floats, labels: Ints, ddof: int = 0) -> Classes:
    """Return means, covariances and shares of both classes in a data set.

    Parameters
    ----------
    readings : ndarray, shape (n_rows, n_readings)
        Readings.
    labels : ndarray of int, shape (n_rows,)
        0 or 1.
    ddof : int
        Covariances are divided by n - ddof: 0 for the largest likelihood, 1 for no bias.
    """
    parts = [readings[labels == k] for k in (0, 1)]
    return Classes(
        means=np.array([part.mean(axis=0) for part in parts]),
        covariances=np.array([np.cov(part.T, ddof=ddof) for part in parts]),
        priors=np.array([len(part) / len(readings) for part in parts]),
    )


@dataclass(frozen=True)
class Refusals:
    """What the rule "answer where the larger probability reaches theta" does to new rows.

    Attributes
    ----------
    theta : ndarray, shape (n_thetas,)
        Thresholds.
    rejected : ndarray, shape (n_thetas,)
        Share of the rows that are refused.
    wrong : ndarray, shape (n_thetas,)
        Share of all rows that are answered wrongly.
    """

    theta: Floats
    rejected: Floats
    wrong: Floats

    @property
    def error(self) -> Floats:
        """Share of the answered rows that are wrong."""
        return np.asarray(self.wrong / (1 - self.rejected))


def refusals(classes: Classes, thetas: Floats) -> Refusals:
    """Integrate over all readings what refusing does, with the true posterior, on a grid.

    Parameters
    ----------
    classes : Classes
        With two readings.
    thetas : ndarray, shape (n_thetas,)
        Thresholds from 1/2 on.
    """
    sds = np.sqrt(np.trace(classes.covariances, axis1=1, axis2=2).max())
    middle = classes.means.mean(axis=0)
    half = _REACH * sds + np.linalg.norm(classes.means - middle, axis=1).max()
    axis = np.linspace(-half, half, _N_GRID)
    turn = np.array([[np.cos(_TURN), -np.sin(_TURN)], [np.sin(_TURN), np.cos(_TURN)]])
    grid = middle + np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2) @ turn.T
    density = sum(
        prior * multivariate_normal(mean, covariance).pdf(grid)
        for mean, covariance, prior in zip(classes.means, classes.covariances, classes.priors, strict=True)
    )
    mass = density * (axis[1] - axis[0]) ** 2
    certain = posterior(classes, grid)
    certain = np.maximum(certain, 1 - certain)
    order = np.argsort(certain)
    below = np.append(0.0, np.cumsum(mass[order]))
    wrong = np.append(0.0, np.cumsum((mass * (1 - certain))[order]))
    place = np.searchsorted(certain[order], thetas)
    return Refusals(np.asarray(thetas), below[place], wrong[-1] - wrong[place])


def refusals_by_formula(distance: float, thetas: Floats) -> Refusals:
    """Return the same for two classes of equal priors and equal covariances, in closed form.

    The log odds are then normal with means ± D²/2 and standard deviation D, D being Mahalanobis' distance of the means
    (Chow, IEEE Trans. Inf. Theory 16, 41 (1970)).

    Parameters
    ----------
    distance : float
        D.
    thetas : ndarray, shape (n_thetas,)
        Thresholds from 1/2 on.

    Examples
    --------
    >>> found = refusals_by_formula(2.0, np.array([0.5]))
    >>> found.rejected.tolist(), found.wrong.round(4).tolist()
    ([0.0], [0.1587])
    """
    least = logit(thetas)
    wrong = norm.cdf((-least - distance**2 / 2) / distance)
    answered_or_wrong = norm.cdf((least - distance**2 / 2) / distance)
    return Refusals(np.asarray(thetas), answered_or_wrong - wrong, np.asarray(wrong))

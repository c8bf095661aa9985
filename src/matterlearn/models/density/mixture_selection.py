"""How many kinds of rows there are: Gaussian mixtures with different numbers of components."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.utils import check_array

from matterlearn.core.errors import ArgumentError
from matterlearn.models.density.mixture_merging import Merging, merge_components, posterior_entropy

_STARTS: Final = 3


@dataclass(frozen=True)
class MixtureChoice:
    """Mixtures of different numbers of components, and the number that two criteria choose.

    Attributes
    ----------
    table : DataFrame
        One line per number: `n_components`, `bic`, `aic` (both lower is better), `entropy` of the mixture with that
        many components, `converged`.
    by_bic : int
        Components of the lowest BIC: what describes the density best.
    by_entropy : int
        Clusters at the elbow of the entropy while components of the best mixture are merged: how many of them are
        kinds of their own. At most `by_bic`.
    merging : Merging
        The path of merging, from `by_bic` clusters to 1.
    mixture : GaussianMixture
        The fitted mixture with `by_bic` components.
    """

    table: pd.DataFrame
    by_bic: int
    by_entropy: int
    merging: Merging
    mixture: Any

    def labels(self, X: ArrayLike) -> NDArray[np.intp]:
        """Return the cluster of each row after merging.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of int, shape (n_samples,)
            Numbers from 0 to `by_entropy` - 1.
        """
        groups = self.merging.groups[self.by_entropy]  # (n_components,)
        joined = np.eye(self.by_entropy)[groups]  # (n_components, n_clusters)
        return np.asarray((self.mixture.predict_proba(X) @ joined).argmax(axis=1), dtype=np.intp)


def choose_components(
    X: ArrayLike,
    n_components: Iterable[int] = range(1, 9),
    *,
    covariance_type: str = "full",
    reg_covar: float = 1e-6,
    n_init: int = _STARTS,
    max_iter: int = 200,
    random_state: int = 0,
) -> MixtureChoice:
    """Fit a Gaussian mixture for each number of components, and choose.

    The Bayesian information criterion chooses the mixture. Where a kind of rows is no Gaussian, several components
    share it; they are merged, pair by pair, such that the entropy S_K = -sum_ij p_ij ln p_ij of the posteriors falls
    most (Baudry et al., J. Comput. Graph. Stat. 19, 332, 2010; for particles Boattini et al., J. Chem. Phys. 151,
    154901, 2019), and the elbow of S_K tells where merging begins to join what is apart.

    Parameters
    ----------
    X : array-like of float, shape (n_samples, n_features)
        Rows, scaled or reduced as the distance between them is meant.
    n_components : iterable of int
        Numbers to try, each at least 1 and at most the number of rows.
    covariance_type : str
        "full", "tied", "diag" or "spherical".
    reg_covar : float
        Added to each variance.
    n_init : int
        Starts of each fit.
    max_iter : int
        Most steps of a start.
    random_state : int
        Seed of the starts.

    Returns
    -------
    MixtureChoice
        Table, choices and fitted mixture. Of equal criteria the smaller number is chosen.

    Raises
    ------
    ArgumentError
        If a number of components is not possible for these rows.

    Warns
    -----
    ConvergenceWarning
        If the chosen mixture had not settled after `max_iter` steps.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(-4.0, 1.0, 80), rng.normal(4.0, 1.0, 80)])[:, None]
    >>> choice = choose_components(X, range(1, 4))
    >>> choice.by_bic, choice.by_entropy
    (2, 2)
    """
    rows = check_array(X, dtype=np.float64, ensure_min_samples=2)
    numbers = sorted({int(number) for number in n_components})
    if not numbers or numbers[0] < 1 or numbers[-1] > len(rows):
        raise ArgumentError(
            f"whole numbers from 1 to the {len(rows)} rows are needed, got {numbers}", where="n_components"
        )
    fitted, lines = [], []
    for number in numbers:
        mixture = GaussianMixture(
            number,
            covariance_type=covariance_type,
            reg_covar=reg_covar,
            n_init=n_init,
            max_iter=max_iter,
            random_state=random_state,
        )
        with warnings.catch_warnings():  # what does not settle is in the table, and said below if it is chosen
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted.append(mixture.fit(rows))
        entropy = posterior_entropy(mixture.predict_proba(rows))
        lines.append((number, mixture.bic(rows), mixture.aic(rows), entropy, bool(mixture.converged_)))
    table = pd.DataFrame(lines, columns=["n_components", "bic", "aic", "entropy", "converged"])
    best = int(table["bic"].to_numpy().argmin())
    if not fitted[best].converged_:
        warnings.warn(
            f"the mixture of {numbers[best]} components had not settled after {max_iter} steps",
            ConvergenceWarning,
            stacklevel=2,
        )
    merging = merge_components(fitted[best].predict_proba(rows))
    return MixtureChoice(table, numbers[best], merging.elbow, merging, fitted[best])


def number_of_parameters(n_components: int, n_features: int, covariance_type: str) -> int:
    """Return how many free numbers a mixture has: weights, means and covariances.

    Examples
    --------
    >>> number_of_parameters(2, 3, "full"), number_of_parameters(2, 3, "spherical")
    (19, 9)
    """
    triangle = n_features * (n_features + 1) // 2
    covariances = {
        "full": n_components * triangle,
        "tied": triangle,
        "diag": n_components * n_features,
        "spherical": n_components,
    }
    return n_components - 1 + n_components * n_features + covariances[covariance_type]

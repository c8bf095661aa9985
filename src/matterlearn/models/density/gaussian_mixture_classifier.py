"""A classifier of Gaussian mixtures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from matterlearn.core.errors import ArgumentError
from matterlearn.models.density.bayes_rule import DensityClassifier, Floats
from matterlearn.models.density.mixture_selection import choose_components, number_of_parameters

MOST_COMPONENTS: Final = 8
"""Components of a class that "bic" tries."""


class GaussianMixtureClassifier(DensityClassifier):
    """Bayes' rule on a mixture of Gaussians for each class.

    With one component and full covariances this is quadratic discriminant analysis, with its covariances as maximum
    likelihood has them; with more, a class may consist of several kinds of rows (Hastie and Tibshirani, J. R. Stat.
    Soc. B 58, 155, 1996, with a covariance of each component).

    Parameters
    ----------
    n_components : int or "bic"
        Gaussians of each class. "bic" takes, class by class, the number with the lowest Bayesian information criterion
        among 1 to 8 whose parameters are fewer than the rows.
    covariance_type : str
        "full", "tied" (components of a class share one), "diag" (columns independent within a component), "spherical".
    reg_covar : float
        Added to each variance, in the squared unit of the features: it keeps covariances usable where there are more
        columns than rows.
    n_init : int
        Starts of the fit, of which the likeliest is kept.
    max_iter : int
        Most steps of a start.
    random_state : int, RandomState or None
        Of the starts.
    priors : sequence of float, mapping of class to float, or None
        Of the classes, in their sorted order or by name; None takes their shares of the rows.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        The classes, sorted.
    priors_ : ndarray of float, shape (n_classes,)
        The priors, adding up to 1.
    mixtures_ : list of GaussianMixture
        The fitted mixture of each class.
    n_iter_ : int
        Steps of the class that took most.

    Examples
    --------
    >>> X, y = [[-4.1], [-4.0], [-3.9], [3.9], [4.0], [4.1], [-0.1], [0.0], [0.1]], ["edge"] * 6 + ["middle"] * 3
    >>> one = GaussianMixtureClassifier(1, random_state=0).fit(X, y)
    >>> two = GaussianMixtureClassifier("bic", random_state=0).fit(X, y)
    >>> [len(mixture.weights_) for mixture in two.mixtures_]
    [2, 1]
    >>> two.predict([[4.05], [0.05]]).tolist()
    ['edge', 'middle']
    """

    __module__ = "matterlearn.models.density.gaussian_mixture_classifier"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **DensityClassifier._parameter_constraints,
        "n_components": [StrOptions({"bic"}), Interval(Integral, 1, None, closed="left")],
        "covariance_type": [StrOptions({"full", "tied", "diag", "spherical"})],
        "reg_covar": [Interval(Real, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    _least_rows: ClassVar[int] = 2

    mixtures_: list[Any]

    def __init__(
        self,
        n_components: int | str = 1,
        *,
        covariance_type: str = "full",
        reg_covar: float = 1e-6,
        n_init: int = 1,
        max_iter: int = 200,
        random_state: Any = None,
        priors: Sequence[float] | Mapping[Any, float] | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.reg_covar = reg_covar
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state
        self.priors = priors

    def _fit_densities(self, rows: Floats, codes: NDArray[np.intp]) -> None:
        draw = check_random_state(self.random_state)
        least = 2 if self.n_components == "bic" else max(2, int(self.n_components))
        self.mixtures_ = []
        for code, label in enumerate(self.classes_.tolist()):
            members = rows[codes == code]
            if len(members) < least:
                raise ArgumentError(
                    f"class {label!r} has {len(members)} row(s), its mixture needs {least}",
                    where="y",
                    fix="take fewer components" if least > 2 else "leave the class out, or join it with another",
                )
            self.mixtures_.append(self._mixture(members, label, int(draw.randint(2**31 - 1))))
        self.n_iter_ = max(mixture.n_iter_ for mixture in self.mixtures_)

    def _mixture(self, members: Floats, label: Any, seed: int) -> Any:
        options: dict[str, Any] = {
            "covariance_type": self.covariance_type,
            "reg_covar": self.reg_covar,
            "n_init": self.n_init,
            "max_iter": self.max_iter,
        }
        try:
            if self.n_components == "bic":
                numbers = possible_numbers(members, self.covariance_type)
                return choose_components(members, numbers, random_state=seed, **options).mixture
            return GaussianMixture(self.n_components, random_state=seed, **options).fit(members)
        except ValueError as error:
            if "covariance" not in str(error):
                raise
            raise ArgumentError(
                f"the covariance of class {label!r} has no inverse with reg_covar={self.reg_covar:g}",
                where="reg_covar",
                fix="scale the columns, raise it, or take covariance_type='diag'",
            ) from error

    def _log_densities(self, rows: Floats) -> Floats:
        with np.errstate(over="ignore"):  # a square that runs over is a density of 0
            return np.column_stack([mixture.score_samples(rows) for mixture in self.mixtures_]).astype(np.float64)


def possible_numbers(members: Floats, covariance_type: str) -> list[int]:
    """Return the numbers of components that the rows of a class can bear: 1, and those with fewer parameters than rows.

    Beyond that a component can shrink onto single rows, and its likelihood grows without bound.

    Examples
    --------
    >>> possible_numbers(np.arange(20.0)[:, None], "full")  # 3 K - 1 parameters
    [1, 2, 3, 4, 5, 6]
    """
    n_rows, n_features = members.shape
    n_different = len(np.unique(members, axis=0))
    return [
        number
        for number in range(1, MOST_COMPONENTS + 1)
        if number == 1 or (number <= n_different and number_of_parameters(number, n_features, covariance_type) < n_rows)
    ]

"""Trees that are grown out and then cut back, as far as cross-validation says."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from numbers import Integral, Real
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.metrics import get_scorer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from matterlearn.core.errors import ArgumentError

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

MOST_PENALTIES: Final = 40
"""Penalties that are tried: of a longer path, which has one for every few rows, as many at even steps."""


class PrunedTree(BaseEstimator):
    """What the classifier and the regressor share: path of pruning, cross-validation, choice."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "rule": [StrOptions({"min", "1se"})],
        "cv": [Interval(Integral, 2, None, closed="left")],
        "scoring": [str],
        "max_depth": [Interval(Integral, 1, None, closed="left"), None],
        "min_samples_leaf": [Interval(Integral, 1, None, closed="left"), Interval(Real, 0.0, 1.0, closed="neither")],
        "random_state": ["random_state"],
    }

    rule: str
    cv: int
    scoring: str
    max_depth: int | None
    min_samples_leaf: int | float
    random_state: Any

    tree_: Any

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Grow the tree, choose the penalty by cross-validation, and cut the tree back.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features; their scale does not matter.
        y : array-like, shape (n_samples,)
            Target.

        Returns
        -------
        estimator
            Itself. With too few rows to hold any back the tree stays whole.

        Raises
        ------
        ArgumentError
            If a fold cannot be scored: with classes that it does not have, for instance.
        """
        self._validate_params()
        rows, target = self._checked(X, y)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        tree = self._new_tree(seed)
        self.ccp_alphas_ = penalties(tree.cost_complexity_pruning_path(rows, target).ccp_alphas)
        columns = [self._fold_scores(tree, rows, target, *fold) for fold in self._folds(rows, target, seed)]
        self.scores_ = np.column_stack(columns) if columns else np.empty((len(self.ccp_alphas_), 0))
        self.alpha_ = float(self.ccp_alphas_[choose_penalty(self.scores_, self.rule)])
        self.tree_ = clone(tree).set_params(ccp_alpha=self.alpha_).fit(rows, target)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return what the tree predicts, shape (n_samples,)."""
        return np.asarray(self._fitted_tree().predict(validate_data(self, X, dtype=np.float32, reset=False)))

    @property
    def feature_importances_(self) -> Floats:
        """How much of the fall of impurity each feature brings, shape (n_features,)."""
        return np.asarray(self._fitted_tree().feature_importances_)

    def _fitted_tree(self) -> Any:
        check_is_fitted(self)
        return self.tree_

    def _fold_scores(self, tree: Any, rows: Any, target: Any, known: Indices, held: Indices) -> Floats:
        """Return the score on held rows for each penalty, shape (n_penalties,)."""
        scorer = get_scorer(self.scoring)
        # Grown once: the subtrees of a path lie within each other, so each is cut from the one before.
        model = clone(tree).fit(rows[known], target[known])
        scores: list[float] = []
        for alpha in self.ccp_alphas_:
            n_nodes = model.tree_.node_count
            model.ccp_alpha = alpha
            model._prune_tree()
            same = bool(scores) and model.tree_.node_count == n_nodes
            scores.append(scores[-1] if same else self._score(scorer, model, rows[held], target[held]))
        return np.array(scores)

    def _score(self, scorer: Any, model: Any, rows: Any, target: Any) -> float:
        try:
            score = float(scorer(model, rows, target))
        except ValueError as error:
            raise self._no_score() from error
        if not np.isfinite(score):
            raise self._no_score()
        return score

    def _no_score(self) -> ArgumentError:
        return ArgumentError(
            f"a fold cannot be scored by {self.scoring}", where="scoring", fix="take another score, or fewer folds"
        )

    @abstractmethod
    def _new_tree(self, seed: int) -> Any:
        """Return scikit-learn's tree, not pruned."""

    @abstractmethod
    def _checked(self, X: ArrayLike, y: ArrayLike) -> tuple[Any, Any]:
        """Return rows and target after checking them."""

    @abstractmethod
    def _folds(self, rows: Any, target: Any, seed: int) -> list[tuple[Indices, Indices]]:
        """Return training and held rows of each fold; none where there are too few rows."""


class PrunedTreeClassifier(ClassifierMixin, PrunedTree):
    """CART for classes: a decision tree with cost-complexity pruning chosen by cross-validation.

    A tree is grown until its leaves are pure. Each penalty alpha per leaf has one best subtree; the penalties at which
    it changes are the path, and one of them is taken (Breiman, Friedman, Olshen and Stone, Classification and
    Regression Trees, 1984, chapter 3).

    Parameters
    ----------
    rule : "1se" or "min"
        "1se" takes the largest penalty whose mean score lies within one standard error of the best one: the smallest
        tree that is not clearly worse. "min" takes the best one.
    cv : int
        Folds, stratified; at most the rows of the largest class.
    scoring : str
        What the folds are scored with: a name of scikit-learn's.
    criterion : str
        Impurity that splits lower: "gini", "entropy" or "log_loss".
    max_depth : int or None
        Depth at which the tree stops growing in the first place.
    min_samples_leaf : int or float
        Fewest rows of a leaf, or their share.
    random_state : int, RandomState or None
        Of the folds, and of ties between splits.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        The classes, sorted.
    ccp_alphas_ : ndarray of float, shape (n_penalties,)
        Penalties that were tried, ascending: 0, geometric means of neighbours on the path, and its end, which leaves
        the root alone.
    scores_ : ndarray of float, shape (n_penalties, n_folds)
        Score of each; higher is better.
    alpha_ : float
        The chosen penalty.
    tree_ : DecisionTreeClassifier
        The pruned tree.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(size=(200, 3))
    >>> y = np.where((X[:, 0] > 0.5) != (rng.uniform(size=200) < 0.1), "metal", "insulator")  # one in ten is wrong
    >>> model = PrunedTreeClassifier(random_state=0).fit(X, y)
    >>> int(model.tree_.get_n_leaves()), model.predict([[0.9, 0.2, 0.3], [0.1, 0.2, 0.3]]).tolist()
    (2, ['metal', 'insulator'])
    """

    __module__ = "matterlearn.models.pruned_tree"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **PrunedTree._parameter_constraints,
        "criterion": [StrOptions({"gini", "entropy", "log_loss"})],
    }

    def __init__(
        self,
        *,
        rule: str = "1se",
        cv: int = 5,
        scoring: str = "accuracy",
        criterion: str = "gini",
        max_depth: int | None = None,
        min_samples_leaf: int | float = 1,
        random_state: Any = None,
    ) -> None:
        self.rule = rule
        self.cv = cv
        self.scoring = scoring
        self.criterion = criterion
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.random_state = random_state

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the share of each class in the leaf of each row, shape (n_samples, n_classes)."""
        return np.asarray(self._fitted_tree().predict_proba(validate_data(self, X, dtype=np.float32, reset=False)))

    def _new_tree(self, seed: int) -> Any:
        return DecisionTreeClassifier(
            criterion=self.criterion,
            max_depth=self.max_depth,
            min_samples_leaf=self.min_samples_leaf,
            random_state=seed,
        )

    def _checked(self, X: ArrayLike, y: ArrayLike) -> tuple[Any, Any]:
        rows, labels = validate_data(self, X, y, dtype=np.float32)
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        return rows, labels

    def _folds(self, rows: Any, target: Any, seed: int) -> list[tuple[Indices, Indices]]:
        n_folds = min(self.cv, int(np.unique(target, return_counts=True)[1].max()))
        if n_folds < 2:
            return []
        with warnings.catch_warnings():  # a rare class is missing in some folds, and they are scored all the same
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            return list(StratifiedKFold(n_folds, shuffle=True, random_state=seed).split(rows, target))


class PrunedTreeRegressor(RegressorMixin, PrunedTree):
    """CART for numbers: a regression tree with cost-complexity pruning chosen by cross-validation.

    Parameters
    ----------
    rule : "1se" or "min"
        As for `PrunedTreeClassifier`.
    cv : int
        Folds of random rows.
    scoring : str
        What the folds are scored with: a name of scikit-learn's.
    criterion : str
        Impurity that splits lower: "squared_error" or "absolute_error".
    max_depth : int or None
        Depth at which the tree stops growing in the first place.
    min_samples_leaf : int or float
        Fewest rows of a leaf, or their share.
    random_state : int, RandomState or None
        Of the folds, and of ties between splits.

    Attributes
    ----------
    ccp_alphas_, scores_, alpha_
        As for `PrunedTreeClassifier`; the penalty has the unit of the impurity, for squared errors the square of the
        target's.
    tree_ : DecisionTreeRegressor
        The pruned tree.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(size=(200, 3))
    >>> model = PrunedTreeRegressor(random_state=0).fit(X, (X[:, 0] > 0.5) + 0.2 * rng.normal(size=200))
    >>> bool(model.tree_.get_n_leaves() < 20), model.predict([[0.9, 0.2, 0.3]]).round().tolist()
    (True, [1.0])
    """

    __module__ = "matterlearn.models.pruned_tree"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **PrunedTree._parameter_constraints,
        "criterion": [StrOptions({"squared_error", "absolute_error"})],
    }

    def __init__(
        self,
        *,
        rule: str = "1se",
        cv: int = 5,
        scoring: str = "neg_mean_squared_error",
        criterion: str = "squared_error",
        max_depth: int | None = None,
        min_samples_leaf: int | float = 1,
        random_state: Any = None,
    ) -> None:
        self.rule = rule
        self.cv = cv
        self.scoring = scoring
        self.criterion = criterion
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.random_state = random_state

    def _new_tree(self, seed: int) -> Any:
        return DecisionTreeRegressor(
            criterion=self.criterion,
            max_depth=self.max_depth,
            min_samples_leaf=self.min_samples_leaf,
            random_state=seed,
        )

    def _checked(self, X: ArrayLike, y: ArrayLike) -> tuple[Any, Any]:
        rows, target = validate_data(self, X, y, dtype=np.float32, y_numeric=True)
        return rows, np.asarray(target, dtype=np.float64)

    def _folds(self, rows: Any, target: Any, seed: int) -> list[tuple[Indices, Indices]]:
        n_folds = min(self.cv, len(target))
        return [] if n_folds < 2 else list(KFold(n_folds, shuffle=True, random_state=seed).split(rows))


def penalties(path: NDArray[np.float64]) -> Floats:
    """Return the penalties to try for a path of pruning.

    A subtree is the best one from its place on the path to the next, so between the two lies the fair place to ask
    other rows; the geometric mean is Breiman's. The ends stay: 0 is the whole tree, the last leaves the root alone.

    Parameters
    ----------
    path : ndarray of float, shape (n_subtrees,)
        Penalties at which the best subtree changes, ascending, with 0 or rounding around it first.

    Returns
    -------
    ndarray of float, shape (n_penalties,)
        Ascending, at most `MOST_PENALTIES`.

    Examples
    --------
    >>> penalties(np.array([0.0, 1.0, 4.0])).tolist()
    [0.0, 2.0, 4.0]
    """
    places = np.unique(path.clip(0.0))
    tried = np.unique(np.concatenate([[0.0], np.sqrt(places[:-1] * places[1:]), places[-1:]]))
    if len(tried) > MOST_PENALTIES:
        tried = tried[np.linspace(0, len(tried) - 1, MOST_PENALTIES).round().astype(int)]
    return np.asarray(tried, dtype=np.float64)


def choose_penalty(scores: NDArray[np.float64], rule: str) -> int:
    """Return the position of the chosen penalty; of equal ones the largest, which gives the smallest tree.

    Parameters
    ----------
    scores : ndarray of float, shape (n_penalties, n_folds)
        Higher is better; penalties ascending.
    rule : str
        "min" for the best mean score, "1se" for the largest penalty within one standard error of it.

    Returns
    -------
    int
        Position; 0 where there are no folds.

    Examples
    --------
    >>> scores = np.array([[0.70, 0.80], [0.78, 0.88], [0.76, 0.86], [0.5, 0.5]])
    >>> choose_penalty(scores, "min"), choose_penalty(scores, "1se")
    (1, 2)
    """
    n_folds = scores.shape[1]
    if n_folds == 0:
        return 0
    means = scores.mean(axis=1)
    best = means.max()
    slack = 1e-12 * max(1.0, abs(best))  # of means that differ by rounding
    if rule == "1se":
        slack += scores[int(means.argmax())].std(ddof=1) / np.sqrt(n_folds)
    return int(np.flatnonzero(means >= best - slack)[-1])

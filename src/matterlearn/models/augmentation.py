"""Any model of coordinates, trained on turned and relabelled copies of its molecules."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.core.errors import ArgumentError
from matterlearn.features.molecule.base import as_conformers
from matterlearn.models.weighting import fit_weighted

Positions = NDArray[np.float64]
Orders = NDArray[np.intp]


class AugmentedRegressor(MetaEstimatorMixin, RegressorMixin, BaseEstimator):
    """A model that is shown every molecule several times: turned, mirrored, moved, with like atoms exchanged.

    A model of raw coordinates does not know that an energy stays the same; copies with the same target tell it so, at
    the price of as many times more rows. It learns the symmetry only roughly: an audit shows how far.

    Parameters
    ----------
    estimator : regressor
        What learns. It is fitted as a clone.
    n_copies : int
        Changed copies of each molecule, beside the molecule as it is. With 0 nothing changes.
    rotations : bool
        Whether copies are turned about the centre of their atoms, all rotations equally likely.
    reflections : bool
        Whether half of the copies are mirrored. Right for what mirror images have in common, such as energies.
    permutations : bool
        Whether atoms of one element change places at random.
    translations : float
        Standard deviation in angstrom of a move of the copies along each axis.
    average : int
        Predict the mean over so many changed copies. They are the same for every molecule and every call, so that a
        prediction does not depend on the rows beside it. With 0: predict for the molecule as it is.
    inputs : {"coordinates", "conformers"}
        What `estimator` gets: x_0, y_0, z_0, x_1, ... as a matrix, for which all molecules need the same elements in
        the same order; or a `Conformers` batch, for a pipeline that begins with a transformer of molecules. In a batch
        bonds are exchanged with their atoms, so that every copy is a graph of its own: transformers are slow on these.
    random_state : int, RandomState or None
        Of the changes.

    Attributes
    ----------
    estimator_ : regressor
        Fitted.
    numbers_ : ndarray of int, shape (n_atoms,), or None
        Atomic numbers of every molecule, in order, with `inputs="coordinates"`: a matrix of coordinates says nothing of
        elements.
    n_atoms_ : int or None
        How many these are.
    seed_ : int
        What `random_state` gave.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> graph = MoleculeGraph((1, 1), ((0, 1, 1.0),))
    >>> lengths = np.linspace(0.6, 1.8, 5)
    >>> places = np.zeros((5, 2, 3))
    >>> places[:, :, 0] = np.outer(lengths, [-0.5, 0.5])
    >>> along_x, along_y = (Conformers.of_one(graph, np.roll(places, k, axis=2)) for k in (0, 1))
    >>> KNeighborsRegressor(1).fit(along_x.flat(), lengths).predict(along_y.flat()).round(9).tolist()
    [0.6, 0.6, 0.6, 0.6, 0.6]
    >>> model = AugmentedRegressor(KNeighborsRegressor(1), 500, random_state=0).fit(along_x, lengths)
    >>> model.predict(along_y).round(9).tolist()
    [0.6, 0.9, 1.2, 1.5, 1.8]
    """

    __module__ = "matterlearn.models.augmentation"

    takes_structures: ClassVar[bool] = True

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "n_copies": [Interval(Integral, 0, 1_000_000, closed="both")],
        "rotations": ["boolean"],
        "reflections": ["boolean"],
        "permutations": ["boolean"],
        "translations": [Interval(Real, 0, None, closed="left")],
        "average": [Interval(Integral, 0, 1_000_000, closed="both")],
        "inputs": [StrOptions({"coordinates", "conformers"})],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any,
        n_copies: int = 10,
        *,
        rotations: bool = True,
        reflections: bool = False,
        permutations: bool = True,
        translations: float = 0.0,
        average: int = 0,
        inputs: str = "coordinates",
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.n_copies = n_copies
        self.rotations = rotations
        self.reflections = reflections
        self.permutations = permutations
        self.translations = translations
        self.average = average
        self.inputs = inputs
        self.random_state = random_state

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit a clone of the estimator on the molecules and their copies.

        Parameters
        ----------
        X : Conformers, or sequence of molecules with positions
            What `read_conformer` reads, one per sample.
        y : array-like of float, shape (n_samples,)
            Target; a copy has that of its molecule.
        sample_weight : array-like of float, shape (n_samples,), optional
            Weights of the rows; a copy has that of its molecule.

        Returns
        -------
        AugmentedRegressor
            Itself.

        Raises
        ------
        ArgumentError
            If the molecules differ in their numbers of atoms, or in the elements in order, and `inputs="coordinates"`,
            or the estimator takes no weights.
        RowError
            If a sample cannot be read.
        """
        self._validate_params()
        conformers = as_conformers(X)
        target = np.asarray(column_or_1d(y, warn=True))
        check_consistent_length(conformers, target)
        _require_rows(conformers)
        weights = None
        if sample_weight is not None:
            weights = np.asarray(_check_sample_weight(sample_weight, target[:, None], ensure_non_negative=True))
            used = np.flatnonzero(weights)
            conformers, target, weights = conformers[used], target[used], weights[used]
            weights = np.tile(weights, self.n_copies + 1)
        self.seed_ = int(check_random_state(self.random_state).randint(2**31 - 1))
        copies = [self._given(conformers)]  # refuses molecules of several sizes
        self.numbers_ = self.n_atoms_ = None
        if self.inputs == "coordinates":
            self.numbers_ = conformers.graphs[conformers.which[0]].atomic_numbers.astype(np.int64)
            self.n_atoms_ = len(self.numbers_)
            _require_elements(conformers, self.numbers_)
        for copy in range(self.n_copies):
            copies.append(self._changed(conformers, [self.seed_, 0, copy], each=True))
        self.estimator_ = fit_weighted(
            clone(self.estimator), _stacked(copies), np.tile(target, self.n_copies + 1), weights
        )
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return predictions.

        Parameters
        ----------
        X : Conformers, or sequence of molecules with positions
            As for `fit`.

        Returns
        -------
        ndarray of float, shape (n_samples,)
            In the unit of the target.

        Raises
        ------
        ArgumentError
            If the molecules have another number of atoms than in `fit`, or other elements in order, and
            `inputs="coordinates"`.
        RowError
            If a sample cannot be read.
        """
        check_is_fitted(self)
        conformers = as_conformers(X)
        _require_rows(conformers)
        if self.n_atoms_ is not None and not np.all(conformers.sizes == self.n_atoms_):
            other = int(conformers.sizes[conformers.sizes != self.n_atoms_][0])
            raise ArgumentError(
                f"a molecule of {other} atoms, where those of the training had {self.n_atoms_}", where="X"
            )
        if self.numbers_ is not None:
            _require_elements(conformers, self.numbers_)
        if not self.average:
            return np.asarray(self.estimator_.predict(self._given(conformers)), dtype=np.float64)
        total = np.zeros(len(conformers))
        for copy in range(self.average):
            total += self.estimator_.predict(self._changed(conformers, [self.seed_, 1, copy], each=False))
        return total / self.average

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Molecules, not numbers: scikit-learn's checks for numeric matrices do not apply.
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        return tags

    def _given(self, conformers: Conformers) -> Any:
        """Return what the estimator gets of molecules as they are."""
        return conformers.flat() if self.inputs == "coordinates" else conformers

    def _changed(self, conformers: Conformers, seed: list[int], *, each: bool) -> Any:
        """Return what the estimator gets of a copy of the molecules, each changed in its own way or all in the same."""
        n_draws = len(conformers) if each else 1
        move = _Move(self, n_draws, np.random.default_rng(seed))
        changed = []
        for block in conformers.blocks():
            orders = None
            if self.permutations:  # by the elements, not by where the molecule stands in the batch
                of_elements = np.random.default_rng([*seed, *block.graph.numbers])
                orders = random_orders(block.graph, len(block.rows) if each else 1, of_elements)
                orders = np.broadcast_to(orders, (len(block.rows), len(block.graph)))
            changed.append((block, move(block.positions, block.rows if each else np.zeros(1, dtype=np.intp)), orders))
        return self._put_together(conformers, changed)

    def _put_together(self, conformers: Conformers, changed: list[Any]) -> Any:
        if self.inputs == "coordinates":
            out = np.empty((len(conformers), 3 * int(conformers.sizes[0])))
            for block, positions, orders in changed:
                if orders is not None:
                    positions = np.take_along_axis(positions, orders[:, :, None], axis=1)
                out[block.rows] = positions.reshape(len(block.rows), -1)
            return out
        numbers: dict[MoleculeGraph, int] = {}
        which = np.empty(len(conformers), dtype=np.intp)
        places: list[Positions] = [np.empty((0, 3))] * len(conformers)
        for block, positions, orders in changed:
            for k, row in enumerate(block.rows):
                graph, here = block.graph, positions[k]
                if orders is not None:
                    graph, here = graph.permuted(orders[k]), here[orders[k]]
                which[row] = numbers.setdefault(graph, len(numbers))
                places[row] = here
        return Conformers(numbers, which, np.concatenate(places))


class _Move:
    """Random rotations, reflections and translations, drawn for all rows at once."""

    def __init__(self, chosen: AugmentedRegressor, n_draws: int, rng: np.random.Generator) -> None:
        self._matrices = np.tile(np.eye(3), (n_draws, 1, 1))
        if chosen.rotations:
            self._matrices = np.reshape(Rotation.random(n_draws, rng=rng).as_matrix(), (n_draws, 3, 3))
        if chosen.reflections:
            self._matrices = self._matrices * np.where(rng.random(n_draws) < 0.5, -1.0, 1.0)[:, None, None]
        self._steps = rng.normal(scale=chosen.translations, size=(n_draws, 1, 3))

    def __call__(self, positions: Positions, draws: NDArray[np.intp]) -> Positions:
        """Return positions (n_rows, n_atoms, 3), turned about their centres by some draws: one each, or one for all."""
        centre = positions.mean(axis=1, keepdims=True)
        turned = (positions - centre) @ self._matrices[draws].transpose(0, 2, 1)
        return np.asarray(turned + centre + self._steps[draws])


def random_orders(graph: MoleculeGraph, n_draws: int, rng: np.random.Generator) -> Orders:
    """Draw orders of atoms in which only atoms of one element have changed places, each equally likely.

    Parameters
    ----------
    graph : MoleculeGraph
        The atoms.
    n_draws : int
        How many.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    ndarray of int, shape (n_draws, n_atoms)
        The atom that comes first, the one that comes second, and so on.

    Examples
    --------
    >>> orders = random_orders(MoleculeGraph((8, 1, 1)), 100, np.random.default_rng(0))
    >>> np.unique(orders, axis=0).tolist()
    [[0, 1, 2], [0, 2, 1]]
    """
    orders = np.tile(np.arange(len(graph)), (n_draws, 1))
    for number in np.unique(graph.atomic_numbers):
        like = np.flatnonzero(graph.atomic_numbers == number)
        orders[:, like] = rng.permuted(np.tile(like, (n_draws, 1)), axis=1)
    return orders


def _require_rows(conformers: Conformers) -> None:
    if not len(conformers):
        raise ArgumentError("no samples", where="X")


def _require_elements(conformers: Conformers, numbers: NDArray[np.int64]) -> None:
    """Refuse molecules of the right size whose elements, in order, are not those that coordinates stand for."""
    for k in np.unique(conformers.which):
        graph = conformers.graphs[k]
        if not np.array_equal(graph.atomic_numbers, numbers):
            first = int(np.flatnonzero(graph.atomic_numbers != numbers)[0])
            raise ArgumentError(
                f"row {int(np.flatnonzero(conformers.which == k)[0])}: atom {first} is {graph.symbols[first]}, where "
                f"that of the training is {SYMBOLS[int(numbers[first]) - 1]}",
                where="X",
                fix='give the atoms in one order; inputs="conformers" takes several molecules',
            )


def _stacked(copies: list[Any]) -> Any:
    """Return copies of all molecules one after the other, as a matrix or as a batch."""
    if not isinstance(copies[0], Conformers):
        return np.concatenate(copies)
    numbers: dict[MoleculeGraph, int] = {}
    which = []
    for copy in copies:
        of_copy = np.array([numbers.setdefault(graph, len(numbers)) for graph in copy.graphs], dtype=np.intp)
        which.append(of_copy[copy.which])
    return Conformers(numbers, np.concatenate(which), np.concatenate([copy.positions for copy in copies]))

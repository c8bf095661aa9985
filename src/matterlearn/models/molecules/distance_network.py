"""A message-passing network on distances that predicts an energy of a molecule, and the forces on its atoms."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight, assert_all_finite, check_is_fitted, column_or_1d

from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES
from matterlearn.core.errors import ArgumentError, TrainingError
from matterlearn.core.parallel import single_thread
from matterlearn.features.molecule.base import as_conformers
from matterlearn.models.molecules.atoms import densities, element_numbers, lay_out, row_chunks
from matterlearn.models.molecules.geometry import pairs_within
from matterlearn.models.molecules.network import Shape, atom_energies, message_matrix, standardized
from matterlearn.models.molecules.pair_term import (
    N_FUNCTIONS,
    element_counts,
    fit_linear,
    pair_energies,
    pair_features,
    pair_kinds,
)
from matterlearn.models.molecules.training import LOSSES, Task, train
from matterlearn.models.molecules.unseen import Part, whole, without_unseen
from matterlearn.models.networks.devices import choose_device

Array = NDArray[np.float64]


class DistanceNetworkRegressor(RegressorMixin, BaseEstimator):
    """A small message-passing network on interatomic distances, trained with PyTorch.

    The prediction is a sum over atoms and does not change when a molecule is moved, turned or mirrored, or when like
    atoms change places: the network sees elements and distances (angles between neighbours as sums that depend on
    distances alone), and no bonds. It starts from a closed form, a sum over pairs of atoms by ridge regression,
    and learns what is left: what surrounds an atom within `cutoff`, resolved by distance and angle, then one round of
    messages between atoms within `message_cutoff`, numbers and channels that turn with the molecule.

    Training is in float32, prediction in float64. The same `random_state` gives the same bits on the processor.

    Parameters
    ----------
    channels : int
        Learned mixtures of what surrounds an atom, for each degree.
    width : int
        Neurons of the hidden layers, and numbers that an atom sends.
    message_channels : int
        Channels of each degree that an atom sends.
    cutoff : float
        Distance in angstrom within which atoms are seen.
    message_cutoff : float
        Distance in angstrom within which messages are sent: a little more than a bond.
    n_radial : int
        Radial functions for each element of the neighbours.
    degree : int
        Highest degree of the spherical harmonics, 1 to 3: resolution in angle.
    start : {"pairs", "elements"}
        What is fitted in closed form first: energies of pairs of atoms and of elements, or of elements only.
    learning_rate : float
        Highest step size of Adam; it rises for a tenth of the steps and falls as a cosine.
    weight_decay : float
        As AdamW means it: part of the weights that is taken away in a step, over the learning rate.
    batch_size : int
        Conformers of a step.
    epochs : int
        Passes over the rows.
    loss : {"squared", "absolute", "huber"}
        Error of a row, of the target less the closed form at unit spread.
    validation_fraction : float
        Part of the rows that is only watched; the weights of the epoch that does best on them are taken.
    patience : int or None
        Stop after so many epochs in which the watched rows did no better. None: all epochs.
    unknown : {"error", "ignore"}
        What to predict for a molecule with an element that was not in the training: nothing, an error that names the
        row; or what the molecule would have without those atoms. Its other atoms do not see them, no force is on
        them, and a molecule of nothing else gets the intercept. Such a number is a stopgap that lets a table through.
    device : str
        "auto" is a GPU where there is one; or a name such as "cpu", "cuda:1". Predictions are made on the processor.
    random_state : int, RandomState or None
        Of starting weights, order of the rows and watched rows.

    Attributes
    ----------
    elements_ : ndarray of int
        Atomic numbers that were seen.
    weights_ : dict of str to ndarray
        The network; see `network.Shape`.
    element_energies_ : ndarray of float, shape (n_elements,)
        Of the closed form, in the unit of the target.
    pair_coefficients_ : ndarray of float, shape (n_elements, n_elements, 52)
        Of the closed form; 0 with `start="elements"`.
    intercept_, scale_ : float
        Of the closed form; spread of what it leaves.
    loss_curve_ : list of float
        Mean of the loss over the batches of each epoch.
    validation_curve_ : list of float or None
        Loss of the watched rows after each epoch.
    n_epochs_, best_epoch_ : int
        Epochs done, and the one whose weights these are.
    device_ : str
        Where it was trained.
    seed_ : int
        What `random_state` gave.
    symmetries : frozenset of str
        Changes that leave predictions as they are.

    References
    ----------
    K. T. Schutt et al., J. Chem. Phys. 148, 241722 (2018): SchNet.
    K. T. Schutt, O. T. Unke and M. Gastegger, Proc. 38th ICML, 9377 (2021): PaiNN, messages that turn.
    R. Drautz, Phys. Rev. B 99, 014104 (2019): densities around atoms and their invariants.

    Examples
    --------
    >>> from matterlearn.chemistry.molecules import Conformers, MoleculeGraph
    >>> lengths = np.linspace(0.6, 0.9, 40)
    >>> places = np.zeros((40, 2, 3))
    >>> places[:, 1, 0] = lengths
    >>> hydrogen = Conformers.of_one(MoleculeGraph((1, 1), ((0, 1, 1.0),)), places)
    >>> network = DistanceNetworkRegressor(8, width=8, epochs=2, device="cpu", random_state=0)
    >>> network.fit(hydrogen, 400.0 * (lengths - 0.74) ** 2).score(hydrogen, 400.0 * (lengths - 0.74) ** 2) > 0.99
    True
    >>> network.predict_forces(hydrogen)[0].shape
    (2, 3)
    """

    __module__ = "matterlearn.models.molecules.distance_network"

    takes_structures: ClassVar[bool] = True

    symmetries: ClassVar[frozenset[str]] = frozenset(MOLECULE_SYMMETRIES)

    # Upper limits keep what a file asks for within memory.
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "channels": [Interval(Integral, 1, 1024, closed="both")],
        "width": [Interval(Integral, 1, 4096, closed="both")],
        "message_channels": [Interval(Integral, 1, 1024, closed="both")],
        "cutoff": [Interval(Real, 1.0, 50.0, closed="both")],
        "message_cutoff": [Interval(Real, 1.0, 50.0, closed="both")],
        "n_radial": [Interval(Integral, 2, 256, closed="both")],
        "degree": [Interval(Integral, 1, 3, closed="both")],
        "start": [StrOptions({"pairs", "elements"})],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "loss": [StrOptions(set(LOSSES))],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "patience": [Interval(Integral, 1, None, closed="left"), None],
        "unknown": [StrOptions({"error", "ignore"})],
        "device": [str],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        channels: int = 32,
        *,
        width: int = 64,
        message_channels: int = 16,
        cutoff: float = 5.0,
        message_cutoff: float = 2.2,
        n_radial: int = 10,
        degree: int = 3,
        start: str = "pairs",
        learning_rate: float = 3e-3,
        weight_decay: float = 0.0,
        batch_size: int = 32,
        epochs: int = 20,
        loss: str = "squared",
        validation_fraction: float = 0.1,
        patience: int | None = None,
        unknown: str = "error",
        device: str = "auto",
        random_state: Any = None,
    ) -> None:
        self.channels = channels
        self.width = width
        self.message_channels = message_channels
        self.cutoff = cutoff
        self.message_cutoff = message_cutoff
        self.n_radial = n_radial
        self.degree = degree
        self.start = start
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.loss = loss
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.unknown = unknown
        self.device = device
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        validation: tuple[Any, ArrayLike] | None = None,
    ) -> Self:
        """Fit the closed form, then train the network on what it leaves.

        Parameters
        ----------
        X : Conformers, or sequence of molecules with positions
            What `read_conformer` reads, one per sample.
        y : array-like of float, shape (n_samples,)
            Target, a sum over atoms such as an energy.
        sample_weight : array-like of float, shape (n_samples,), optional
            Weights of the rows in the loss, non-negative. Only their ratios matter; rows with weight 0 are left out.
        validation : (X, y), optional
            Rows that are watched instead of a part of the training rows: those of molecules left out, say. They have
            the elements of the training rows only, whatever `unknown` is.

        Returns
        -------
        DistanceNetworkRegressor
            Itself.

        Raises
        ------
        ArgumentError
            If a parameter does not fit the others or the data, or the device is not there.
        RowError
            If a sample cannot be read, or two of its atoms are in one place.
        TrainingError
            If the loss is no number any more.
        """
        self._validate_params()
        conformers, target = _checked(X, y)
        weights = None
        if sample_weight is not None:
            weights = np.asarray(_check_sample_weight(sample_weight, target[:, None], ensure_non_negative=True))
            used = np.flatnonzero(weights)
            conformers, target, weights = conformers[used], target[used], weights[used]
        self.seed_ = int(check_random_state(self.random_state).randint(2**31 - 1))
        learned, watched = np.arange(len(target)), np.empty(0, dtype=np.intp)
        numbers = sorted({number for graph in conformers.graphs for number in graph.numbers})
        self.elements_ = np.array(numbers, dtype=np.int64)
        if validation is not None:
            if not isinstance(validation, tuple | list) or len(validation) != 2:
                raise ArgumentError(f"needs a pair (X, y), got {type(validation).__name__}", where="validation")
            other, other_target = _checked(*validation)
            element_numbers(other, self.elements_)  # its own rows are what an error counts
            watched = len(learned) + np.arange(len(other))
            conformers, target = _joined(conformers, other), np.concatenate([target, other_target])
            weights = None if weights is None else np.concatenate([weights, np.full(len(other), weights.mean())])
        elif self.validation_fraction:
            order = np.random.default_rng([self.seed_, 3]).permutation(len(target))
            n_watched = max(1, round(self.validation_fraction * len(target)))
            learned, watched = np.sort(order[n_watched:]), np.sort(order[:n_watched])
            if not len(learned):
                raise ArgumentError(
                    f"{self.validation_fraction:g} of {len(target)} rows leaves no row to learn from",
                    where="validation_fraction",
                )
        if self.patience is not None and not len(watched):
            raise ArgumentError(
                "early stopping needs rows to watch", where="patience", fix="set validation_fraction, such as 0.1"
            )
        device = choose_device(self.device)
        with single_thread():  # small products are slower on two, and sums are in one order
            self._fit(conformers, target, weights, learned, watched, device)
        return self

    def predict(self, X: Any) -> Array:
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
        RowError
            If a sample cannot be read, or has an element that was not in the training and `unknown="error"`.
        """
        check_is_fitted(self)
        conformers = as_conformers(X)
        out = np.full(len(conformers), self.intercept_)
        with single_thread(), torch.no_grad():
            for part in self._parts(conformers):
                for rows, _, energies in self._pieces(part.conformers, forces=False):
                    out[part.rows[rows]] = energies.numpy()
        return out

    def predict_forces(self, X: Any) -> list[Array]:
        """Return the forces on the atoms: how the prediction falls when one is moved.

        Parameters
        ----------
        X : Conformers, or sequence of molecules with positions
            As for `fit`.

        Returns
        -------
        list of ndarray of float, shape (n_atoms, 3)
            Negative gradient of the prediction, in its unit per angstrom, conformer by conformer.

        Raises
        ------
        RowError
            If a sample cannot be read, or has an element that was not in the training and `unknown="error"`.
        """
        check_is_fitted(self)
        conformers = as_conformers(X)
        out = np.zeros(conformers.positions.shape)
        with single_thread(), torch.enable_grad():
            for part in self._parts(conformers):
                offsets = part.conformers.offsets
                for rows, positions, energies in self._pieces(part.conformers, forces=True):
                    (gradient,) = torch.autograd.grad(energies.sum(), positions)
                    out[part.atoms[offsets[rows[0]] : offsets[rows[-1] + 1]]] = -gradient.numpy()
        return np.split(out, conformers.offsets[1:-1])

    @property
    def n_parameters_(self) -> int:
        """Numbers that were learned by gradient."""
        return int(sum(self.weights_[name].size for name in self._shape().learned()))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "weights_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Molecules, not numbers: scikit-learn's checks for numeric matrices do not apply.
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        return tags

    def _shape(self) -> Shape:
        return Shape(
            n_elements=len(self.elements_),
            n_radial=int(self.n_radial),
            degree=int(self.degree),
            channels=int(self.channels),
            message_channels=int(self.message_channels),
            width=int(self.width),
        )

    def _fit(
        self,
        conformers: Conformers,
        target: Array,
        weights: Array | None,
        learned: NDArray[np.intp],
        watched: NDArray[np.intp],
        device: torch.device,
    ) -> None:
        elements = element_numbers(conformers, self.elements_)
        n_elements = len(self.elements_)
        if weights is not None:
            weights = weights / weights[learned].mean()
        counts = element_counts(conformers, elements, n_elements)
        features = np.empty((len(target), 0))
        if self.start == "pairs":
            features = pair_features(conformers, elements, n_elements, self.cutoff)
        of_elements, of_pairs, intercept = fit_linear(
            counts[learned], features[learned], target[learned], None if weights is None else weights[learned]
        )
        left = target - counts @ of_elements - features @ of_pairs - intercept
        scale = float(np.sqrt(np.average(left[learned] ** 2, weights=None if weights is None else weights[learned])))
        scale = scale if scale > 0 else 1.0
        outcome = train(
            Task(
                shape=self._shape(),
                cutoff=float(self.cutoff),
                message_cutoff=float(self.message_cutoff),
                conformers=conformers,
                elements=elements,
                y=left / scale,
                weights=weights,
                learned=learned,
                watched=watched,
                learning_rate=float(self.learning_rate),
                weight_decay=float(self.weight_decay),
                batch_size=int(self.batch_size),
                epochs=int(self.epochs),
                loss=self.loss,
                patience=self.patience,
                seed=self.seed_,
            ),
            device,
        )
        if outcome.failed:
            raise TrainingError(
                f"the loss is no number any more: learning_rate={self.learning_rate:g}",
                where=f"{type(self).__name__}, epoch {len(outcome.loss_curve)}",
                fix="lower the learning rate",
            )
        self.element_energies_ = of_elements
        self.pair_coefficients_ = np.zeros((n_elements, n_elements, N_FUNCTIONS))
        if self.start == "pairs":
            self.pair_coefficients_ = of_pairs.reshape(-1, N_FUNCTIONS)[pair_kinds(n_elements)]
        self.intercept_, self.scale_ = intercept, scale
        self.weights_ = outcome.weights
        self.loss_curve_ = outcome.loss_curve
        self.validation_curve_ = outcome.validation_curve
        self.n_epochs_, self.best_epoch_ = len(outcome.loss_curve), outcome.best_epoch
        self.device_ = str(device)

    def _parts(self, conformers: Conformers) -> Iterable[Part]:
        """Return what of the conformers is to be computed."""
        return without_unseen(conformers, self.elements_) if self.unknown == "ignore" else [whole(conformers)]

    def _pieces(self, conformers: Conformers, *, forces: bool) -> Any:
        """Yield rows, positions and predictions, piece by piece, in float64."""
        if not len(conformers):
            raise ArgumentError("no samples", where="X")
        shape = self._shape()
        weights = {name: torch.from_numpy(values.astype(np.float64)) for name, values in self.weights_.items()}
        elements = element_numbers(conformers, self.elements_)
        coefficients = torch.from_numpy(self.pair_coefficients_)
        of_element = torch.from_numpy(self.element_energies_)
        for rows in row_chunks(conformers.sizes):
            part = conformers[rows]
            kind = elements[conformers.offsets[rows[0]] : conformers.offsets[rows[-1] + 1]]
            centres, neighbors = map(torch.from_numpy, pairs_within(part, self.cutoff, first_row=int(rows[0])))
            layout = lay_out(kind, part.offsets, np.arange(len(rows)), shape.n_elements)
            positions = torch.from_numpy(part.positions).requires_grad_(forces)
            kinds = torch.from_numpy(kind)
            energies = of_element[kinds] + pair_energies(
                positions, centres, neighbors, kinds, coefficients, self.cutoff
            )
            density = densities(
                positions,
                centres,
                neighbors,
                kinds,
                shape.n_elements,
                cutoff=self.cutoff,
                n_radial=shape.n_radial,
                degree=shape.degree,
            ).index_select(0, layout.atoms)
            density = torch.cat([standardized(p, k, weights, shape) for k, p in enumerate(layout.by_element(density))])
            matrix = message_matrix(
                layout.spread(positions.index_select(0, layout.atoms)), layout, float(self.message_cutoff)
            )
            learned = atom_energies(density, matrix, layout, weights, shape)
            of_atom = energies.index_select(0, layout.atoms) + self.scale_ * learned
            yield rows, positions, layout.spread(of_atom).sum(1) + self.intercept_


def _checked(X: Any, y: ArrayLike) -> tuple[Conformers, Array]:
    conformers = as_conformers(X)
    target = np.asarray(column_or_1d(y, dtype=np.float64, warn=True))
    check_consistent_length(conformers, target)
    assert_all_finite(target, input_name="y")
    if not len(conformers):
        raise ArgumentError("no samples", where="X")
    return conformers, target


def _joined(first: Conformers, second: Conformers) -> Conformers:
    graphs = (*first.graphs, *second.graphs)
    which = np.concatenate([first.which, second.which + len(first.graphs)])
    return Conformers(graphs, which, np.concatenate([first.positions, second.positions]))


def check_sizes(network: DistanceNetworkRegressor) -> bool:
    """Tell whether what a network holds has the sizes that its parameters ask for.

    Parameters
    ----------
    network : DistanceNetworkRegressor
        As it was read from a file; fitted or not.

    Returns
    -------
    bool
    """
    if not hasattr(network, "weights_"):
        return True
    elements, weights = network.elements_, network.weights_
    if not (_is(elements, np.int64, (np.size(elements),)) and len(elements) and np.all(np.diff(elements) > 0)):
        return False
    shape, n_elements = network._shape(), len(elements)
    sizes = shape.learned() | shape.scales()
    return (
        isinstance(weights, dict)
        and weights.keys() == sizes.keys()
        and all(_is(weights[name], np.float32, size) for name, size in sizes.items())
        and _is(network.element_energies_, np.float64, (n_elements,))
        and _is(network.pair_coefficients_, np.float64, (n_elements, n_elements, N_FUNCTIONS))
        and all(isinstance(part, float) and np.isfinite(part) for part in (network.intercept_, network.scale_))
        and getattr(network, "unknown", None) in ("error", "ignore")
    )


def _is(values: Any, dtype: Any, shape: tuple[int, ...]) -> bool:
    return isinstance(values, np.ndarray) and values.dtype == dtype and values.shape == shape

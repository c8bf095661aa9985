"""Sums of the terms of a force field, type by type: a linear model on them is a force field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from numbers import Integral
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.conformers import Block
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES
from matterlearn.core.errors import ArgumentError, MatterlearnError
from matterlearn.features.feature_facts import FeatureFacts
from matterlearn.features.molecule.apart import ApartTransformer
from matterlearn.features.molecule.choices import check_choice
from matterlearn.features.molecule.learned import check_that, is_number_of_each, is_texts
from matterlearn.features.molecule.typed_terms import (
    ANGLE,
    ATOM,
    BOND,
    KINDS,
    OUT_OF_PLANE,
    PAIR,
    PAIR_14,
    STRETCH_BEND,
    TORSION,
    Terms,
    typed_terms,
)
from matterlearn.kernels.molecule import bonded, internal
from matterlearn.kernels.molecule.nonbonded import inverse_power_sums

PAIR_SCALE = 3.0
"""Angstrom. Distance at which every inverse power is 1: about that of atoms in touch, so that none is tiny or huge."""

Unknown = Literal["error", "ignore"]

_HIGHEST = 20  # inverse power
_STRETCH_POWERS = 4  # the curve of Morse to fourth order
_BEND_POWERS = 3
_MULTIPLES = 3
_COUNTED = (ATOM, BOND, ANGLE, TORSION, OUT_OF_PLANE)  # of pairs the number says nothing: they vanish far away


class ForceFieldTerms(ApartTransformer):
    r"""Sums over the terms of a force field of each type, of one width for all molecules whose types were seen.

    The type of an atom is its element and the number of its neighbours, or the element of its only neighbour
    (`chemistry.molecules.topology.atom_types`); that of a bond, an angle and so on follows from its atoms. For each
    type that occurs in `fit`, summed over all terms of that type in the molecule:

    - the number of atoms, bonds, angles, dihedrals and centres with three neighbours,
    - bonds: :math:`(r - r_0)^p`, p = 1 to 4, where :math:`r_0` is the mean length of the type in `fit`,
    - angles: :math:`(\theta - \theta_0)^p`, p = 1 to 3, likewise,
    - a bond and an angle beside it: :math:`(r - r_0)(\theta - \theta_0)`,
    - dihedrals: :math:`\cos k\varphi`, k = 1 to 3,
    - centres with three neighbours: the squares of the three angles between a bond and the plane of the others,
    - pairs of atoms with three bonds between them, and pairs with more or none: :math:`(3\ \mathrm{\AA} / r)^n`.

    These are the shapes of the terms of common force fields [1]_ without any of their parameters: a linear model learns
    those, and carries over to other molecules of the same types. Most columns are correlated with others: standardise
    them and penalise little (ridge, 1e-6 to 1e-2).

    Parameters
    ----------
    exponents : sequence of int
        Inverse powers n of the distance of pairs, from 1 to 20, rising. The default has the power of charges (1) and
        four that together follow the repulsion and dispersion of MMFF94 to some hundredths of a kcal/mol per molecule.
        Where no charges act on each other (alkanes, one hydroxyl group) 1 can be left out.

    Attributes
    ----------
    types_ : dict of str to tuple of str
        Types of each kind of term seen in `fit`.
    lengths_, angles_ : dict of str to float
        Mean length (angstrom) of each type of bond and mean angle (radian) of each type of angle.

    Raises
    ------
    RowError
        In `transform`, if a molecule has a type that did not occur in `fit`, unless these are ignored; it names it.

    Notes
    -----
    A dihedral about an atom whose neighbours are in one line has no term. Sums over the same terms in another order
    differ in the last bits: permuted atoms give the same up to rounding.

    References
    ----------
    .. [1] T. A. Halgren, J. Comput. Chem. 17, 490 (1996).

    Examples
    --------
    >>> terms = ForceFieldTerms().fit(["3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"])
    >>> terms.types_["angle"], len(terms.get_feature_names_out())
    (('H(O)-O2-H(O)',), 12)
    """

    __module__ = "matterlearn.features.molecule.force_field_terms"

    symmetries: ClassVar[frozenset[str]] = frozenset(MOLECULE_SYMMETRIES)

    types_: dict[str, tuple[str, ...]]
    lengths_: dict[str, float]
    angles_: dict[str, float]

    def __init__(self, exponents: Sequence[int] = (1, 3, 6, 9, 12), unknown: Unknown = "error") -> None:
        self.exponents = exponents
        self.unknown = unknown

    def _check_parameters(self) -> None:
        check_choice(self.unknown, get_args(Unknown), "unknown")
        given = list(self.exponents) if isinstance(self.exponents, Sequence | np.ndarray) else []
        whole = all(isinstance(n, Integral) and not isinstance(n, bool) and 1 <= n <= _HIGHEST for n in given)
        if not given or not whole or any(after <= before for before, after in pairwise(given)):
            raise ArgumentError(
                f"must be whole numbers from 1 to {_HIGHEST} in rising order, got {self.exponents!r}", where="exponents"
            )

    def _learn(self, conformers: Any) -> None:
        found: dict[str, set[str]] = {kind: set() for kind in KINDS}
        lengths, bends = _Means(), _Means()
        for block in conformers.blocks():
            terms = typed_terms(block.graph)
            for kind in KINDS:
                found[kind].update(terms[kind].types)
            lengths.add(terms[BOND], internal.lengths(block.positions, terms[BOND].atoms))
            bends.add(terms[ANGLE], internal.angles(block.positions, terms[ANGLE].atoms))
        self.types_ = {kind: tuple(sorted(types)) for kind, types in found.items()}
        self.lengths_ = lengths.means()
        self.angles_ = bends.means()

    def _block(self, block: Block) -> NDArray[np.float64]:
        terms = typed_terms(block.graph)
        columns = {kind: self._columns(kind, terms[kind]) for kind in KINDS}
        parts = [part[:, :-1] for part in self._sums(block.positions, terms, columns)]
        return np.concatenate([part.reshape(len(block.rows), -1) for part in parts], axis=1)

    def _sums(
        self, places: NDArray[np.float64], terms: Mapping[str, Terms], columns: Mapping[str, NDArray[np.int64]]
    ) -> Iterator[NDArray[np.float64]]:
        """Yield the sums of each kind in the order of the names, shape (n_conformers, n_types + 1, ...).

        The last place is that of types that did not occur in `fit`.
        """
        atoms = {kind: terms[kind].atoms for kind in KINDS}
        widths = {kind: len(self.types_[kind]) + 1 for kind in KINDS}
        lengths = _of_types(terms[BOND], self.lengths_)
        bends = _of_types(terms[ANGLE], self.angles_)
        for kind in _COUNTED:
            counts = np.bincount(columns[kind], minlength=widths[kind]).astype(np.float64)
            yield np.broadcast_to(counts, (len(places), widths[kind]))
        yield bonded.stretch_sums(places, atoms[BOND], columns[BOND], lengths, widths[BOND], _STRETCH_POWERS)
        yield bonded.bend_sums(places, atoms[ANGLE], columns[ANGLE], bends, widths[ANGLE], _BEND_POWERS)
        yield bonded.stretch_bend_sums(
            places,
            atoms[STRETCH_BEND],
            columns[STRETCH_BEND],
            _of_bonds(atoms[STRETCH_BEND], atoms[BOND], lengths),
            np.repeat(bends, 2),  # each angle stands in two terms, one after the other
            widths[STRETCH_BEND],
        )
        yield bonded.torsion_sums(places, atoms[TORSION], columns[TORSION], widths[TORSION], _MULTIPLES)
        yield bonded.out_of_plane_sums(places, atoms[OUT_OF_PLANE], columns[OUT_OF_PLANE], widths[OUT_OF_PLANE])
        exponents = np.array(self.exponents, dtype=np.int64)
        for kind in (PAIR_14, PAIR):
            yield inverse_power_sums(places, atoms[kind], columns[kind], exponents, PAIR_SCALE, widths[kind])

    def _columns(self, kind: str, terms: Terms) -> NDArray[np.int64]:
        """Return the place of each term among those of its kind."""
        known = {name: number for number, name in enumerate(self.types_[kind])}
        for name in terms.types:
            if name not in known and self.unknown == "error":
                raise MatterlearnError(
                    f"the {kind} {name} occurs in no molecule seen in fit", fix="fit on molecules that hold it"
                )
        of_type = np.array([known.get(name, len(known)) for name in terms.types], dtype=np.int64)
        return of_type[terms.which]

    def _names(self) -> list[str]:
        return [fact.label for fact in self._facts()]

    def _check_learned(self) -> None:
        of_kinds = self.types_
        check_that(type(of_kinds) is dict and tuple(of_kinds) == KINDS, "types_")
        for types in of_kinds.values():
            check_that(is_texts(types) and all(one < other for one, other in pairwise(types)), "types_")
        check_that(is_number_of_each(self.lengths_, of_kinds[BOND]), "lengths_")
        check_that(is_number_of_each(self.angles_, of_kinds[ANGLE]), "angles_")

    def _width(self) -> int:
        return sum(len(self.types_[kind]) * len(shapes) for kind, shapes in self._shapes())

    def _facts(self) -> list[FeatureFacts]:
        return [
            FeatureFacts(f"{kind} {name}", f"{shape} of {kind} {name}", unit=unit)
            for kind, of_kind in self._shapes()
            for name in self.types_[kind]
            for shape, unit in of_kind
        ]

    def _shapes(self) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        """Return what the sums of each kind are of, and their units, in the order of the features."""
        return [
            *((kind, (("number", ""),)) for kind in _COUNTED),
            (BOND, _powers("stretch", "angstrom", _STRETCH_POWERS)),
            (ANGLE, _powers("bend", "radian", _BEND_POWERS)),
            (STRETCH_BEND, (("product", "angstrom radian"),)),
            (TORSION, tuple((f"cos {'' if k == 1 else k}phi", "") for k in range(1, _MULTIPLES + 1))),
            (OUT_OF_PLANE, (("elevation^2", "radian^2"),)),
            *(
                (kind, tuple((f"({PAIR_SCALE:g} angstrom/r)^{n}", "") for n in self.exponents))
                for kind in (PAIR_14, PAIR)
            ),
        ]

    def citations(self) -> list[str]:
        """Return what to cite: the force field that has terms of these shapes.

        Returns
        -------
        list of str
            One source.
        """
        return ["T. A. Halgren, Journal of Computational Chemistry 17, 490-519 (1996)"]


class _Means:
    """Means over the terms of each type, from sums that are added molecule by molecule."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def add(self, terms: Terms, values: NDArray[np.float64]) -> None:
        for number, name in enumerate(terms.types):
            chosen = values[:, terms.which == number]
            self._sums[name] = self._sums.get(name, 0.0) + float(chosen.sum())
            self._counts[name] = self._counts.get(name, 0) + chosen.size

    def means(self) -> dict[str, float]:
        return {name: self._sums[name] / self._counts[name] for name in sorted(self._sums)}


def _powers(shape: str, unit: str, highest: int) -> tuple[tuple[str, str], ...]:
    """Name the powers of a value, and their units."""
    return ((shape, unit), *((f"{shape}^{p}", f"{unit}^{p}") for p in range(2, highest + 1)))


def _of_types(terms: Terms, values: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the value of each term's type; 0 of a type that has none, whose sums are dropped."""
    return np.array([values.get(terms.types[number], 0.0) for number in terms.which.tolist()], dtype=np.float64)


def _of_bonds(arms: NDArray[np.int64], bonds: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the value of the bond between the first two atoms of each term."""
    of_bond = {frozenset(ends): value for ends, value in zip(bonds.tolist(), values.tolist(), strict=True)}
    return np.array([of_bond[frozenset(arm[:2])] for arm in arms.tolist()], dtype=np.float64)

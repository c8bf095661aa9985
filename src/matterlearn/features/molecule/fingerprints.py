"""Fingerprints of molecules as graphs: which small pieces a molecule has, hashed to a row of bits or counts."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit.Chem import rdFingerprintGenerator

from matterlearn.core.errors import ArgumentError
from matterlearn.features.feature_facts import BIT, FeatureFacts
from matterlearn.features.molecule.choices import check_whole
from matterlearn.features.molecule.graph_base import GraphTransformer

_MOST_BITS = 1 << 19  # a model file takes no more than a million columns
_FARTHEST = 20  # bonds


class _Fingerprint(GraphTransformer):
    """Base of hashed fingerprints: a subclass states its generator and what a column is called."""

    n_bits: int
    counts: bool

    def _check_parameters(self) -> None:
        check_whole(self.n_bits, "n_bits", least=1, most=_MOST_BITS)
        if not isinstance(self.counts, bool | np.bool_):
            raise ArgumentError(f"must be True or False, got {self.counts!r}", where="counts")

    def _generator(self) -> Any:
        """Return RDKit's generator."""
        raise NotImplementedError

    def _of_molecule(self, mol: Any) -> NDArray[np.float64]:
        generator = self._generator()
        make = generator.GetCountFingerprintAsNumPy if self.counts else generator.GetFingerprintAsNumPy
        return np.asarray(make(mol), dtype=np.float64)

    def _labelled(self, kind: str) -> list[FeatureFacts]:
        statistic = "" if self.counts else BIT
        word = "count" if self.counts else "bit"
        return [FeatureFacts(kind, f"{kind} {word} {k}", statistic=statistic) for k in range(self.n_bits)]

    def _width(self) -> int:
        return int(self.n_bits)

    def _names(self) -> list[str]:
        return [fact.label for fact in self._facts()]


class MorganFingerprint(_Fingerprint):
    """Circular surroundings of every atom, up to a number of bonds away (extended connectivity, ECFP).

    With radius 2 the bits are those known as ECFP4. Stereocentres are left out. Several surroundings may share a bit;
    more bits make that rarer.

    Parameters
    ----------
    radius : int
        Bonds from the central atom to the edge, from 0 (atoms alone) to 20.
    n_bits : int
        Number of features.
    counts : bool
        How often each is there, instead of whether.

    References
    ----------
    .. [1] D. Rogers, M. Hahn, J. Chem. Inf. Model. 50, 742 (2010).

    Examples
    --------
    >>> MorganFingerprint(n_bits=64).fit_transform(["CCO", "OCC"]).sum(axis=1).tolist()
    [6.0, 6.0]
    """

    __module__ = "matterlearn.features.molecule.fingerprints"

    def __init__(self, radius: int = 2, n_bits: int = 2048, counts: bool = False) -> None:
        self.radius = radius
        self.n_bits = n_bits
        self.counts = counts

    def _check_parameters(self) -> None:
        check_whole(self.radius, "radius", least=0, most=_FARTHEST)
        super()._check_parameters()

    def _generator(self) -> Any:
        return _morgan(int(self.radius), int(self.n_bits))

    def _facts(self) -> list[FeatureFacts]:
        return self._labelled(f"Morgan radius {self.radius}")

    def citations(self) -> list[str]:
        """Return what to cite.

        Returns
        -------
        list of str
            Definition and program.
        """
        return ["D. Rogers, M. Hahn, Journal of Chemical Information and Modeling 50, 742-754 (2010)", _PROGRAM]


class RDKitFingerprint(_Fingerprint):
    """Chains and branches of bonds, up to a number of bonds long (RDKit's own, like that of Daylight).

    Parameters
    ----------
    max_path : int
        Most bonds of a piece, from 1 to 20; the work grows steeply with it.
    n_bits : int
        Number of features.
    counts : bool
        How often each is there, instead of whether.

    Notes
    -----
    A molecule without bonds between heavy atoms has no pieces: all its features are 0.

    Examples
    --------
    >>> RDKitFingerprint(n_bits=64).fit_transform(["CCO", "OCC", "C"]).sum(axis=1).tolist()
    [6.0, 6.0, 0.0]
    """

    __module__ = "matterlearn.features.molecule.fingerprints"

    def __init__(self, max_path: int = 7, n_bits: int = 2048, counts: bool = False) -> None:
        self.max_path = max_path
        self.n_bits = n_bits
        self.counts = counts

    def _check_parameters(self) -> None:
        check_whole(self.max_path, "max_path", least=1, most=_FARTHEST)
        super()._check_parameters()

    def _generator(self) -> Any:
        return _paths(int(self.max_path), int(self.n_bits))

    def _facts(self) -> list[FeatureFacts]:
        return self._labelled(f"RDKit paths to {self.max_path}")

    def citations(self) -> list[str]:
        """Return what to cite.

        Returns
        -------
        list of str
            The program, which defines it.
        """
        return [_PROGRAM]


_PROGRAM = "RDKit: Open-source cheminformatics, https://www.rdkit.org"


@lru_cache(maxsize=16)
def _morgan(radius: int, n_bits: int) -> Any:
    return rdFingerprintGenerator.GetMorganGenerator(radius=radius, fpSize=n_bits)


@lru_cache(maxsize=16)
def _paths(max_path: int, n_bits: int) -> Any:
    return rdFingerprintGenerator.GetRDKitFPGenerator(maxPath=max_path, fpSize=n_bits)

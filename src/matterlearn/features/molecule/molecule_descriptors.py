"""RDKit's descriptors of molecules as graphs: weight, surface, polarity, shape of the graph, groups of atoms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import rdBase
from rdkit.Chem import Descriptors

from matterlearn.core.errors import MatterlearnError
from matterlearn.features.arguments import checked_names
from matterlearn.features.feature_facts import FeatureFacts
from matterlearn.features.molecule.graph_base import GraphTransformer

_PLAIN = """
    MolWt HeavyAtomMolWt NumValenceElectrons NumRadicalElectrons HeavyAtomCount NumHeteroatoms FractionCSP3
    MolLogP MolMR TPSA LabuteASA qed NHOHCount NOCount NumHAcceptors NumHDonors NumRotatableBonds
    RingCount NumAromaticRings NumAliphaticRings NumSaturatedRings NumHeterocycles NumSpiroAtoms
    NumAromaticCarbocycles NumAromaticHeterocycles NumAliphaticCarbocycles NumAliphaticHeterocycles
    NumSaturatedCarbocycles NumSaturatedHeterocycles NumBridgeheadAtoms NumAmideBonds NumAtomStereoCenters
    BalabanJ BertzCT AvgIpc HallKierAlpha Kappa1 Kappa2 Kappa3 Phi
    Chi0 Chi0n Chi0v Chi1 Chi1n Chi1v Chi2n Chi2v Chi3n Chi3v Chi4n Chi4v
    MaxEStateIndex MinEStateIndex MaxAbsEStateIndex MinAbsEStateIndex
    FpDensityMorgan1 FpDensityMorgan2 FpDensityMorgan3
"""

# Numbers of groups of atoms; RDKit's names begin with fr_.
_GROUPS = """
    Al_COO Al_OH Al_OH_noTert ArN Ar_COO Ar_N Ar_NH Ar_OH COO COO2 C_O C_O_noCOO C_S HOCCN Imine NH0 NH1 NH2 N_O
    Ndealkylation1 Ndealkylation2 Nhpyrrole SH aldehyde alkyl_carbamate alkyl_halide allylic_oxid amide amidine aniline
    aryl_methyl azide azo barbitur benzene benzodiazepine bicyclic diazo dihydropyridine epoxide ester ether furan
    guanido halogen hdrzine hdrzone imidazole imide isocyan isothiocyan ketone ketone_Topliss lactam lactone methoxy
    morpholine nitrile nitro nitro_arom nitro_arom_nonortho nitroso oxazole oxime para_hydroxylation phenol
    phenol_noOrthoHbond phos_acid phos_ester piperdine piperzine priamide prisulfonamd pyridine quatN sulfide sulfonamd
    sulfone term_acetylene tetrazole thiazole thiocyan thiophene unbrch_alkane urea
"""

STANDARD = (
    *_PLAIN.split(),
    *(f"PEOE_VSA{k}" for k in range(1, 15)),
    *(f"SMR_VSA{k}" for k in range(1, 11)),
    *(f"SlogP_VSA{k}" for k in range(1, 13)),
    *(f"EState_VSA{k}" for k in range(1, 12)),
    *(f"VSA_EState{k}" for k in range(1, 11)),
    *(f"fr_{group}" for group in _GROUPS.split()),
)
"""Descriptors that are finite for molecules of all kinds, by RDKit's names. Left out of RDKit's list are those that are
not a number for metals or single atoms (BCUT2D, partial charges, SPS), that grow without bound with the size (Ipc;
AvgIpc is there), that say the same again (ExactMolWt) and that count stereocentres which were left open."""

_UNITS = {
    "MolWt": "g/mol",
    "HeavyAtomMolWt": "g/mol",
    "ExactMolWt": "g/mol",
    "MolMR": "cm^3/mol",
    "TPSA": "angstrom^2",
    "LabuteASA": "angstrom^2",
    **dict.fromkeys(("MaxPartialCharge", "MinPartialCharge", "MaxAbsPartialCharge", "MinAbsPartialCharge"), "e"),
}
_SURFACES = ("PEOE_VSA", "SMR_VSA", "SlogP_VSA", "EState_VSA")  # parts of the surface, by a property of the atoms


class MoleculeDescriptors(GraphTransformer):
    """RDKit's descriptors, in its own names.

    Parameters
    ----------
    descriptors : "standard" or sequence of str
        `STANDARD`, 201 descriptors that are finite for metals and single atoms too, or names of RDKit's `Descriptors`.

    Notes
    -----
    A value that is not a finite number, which only descriptors outside `"standard"` give, is no feature: the row is
    refused with the name of the descriptor. RDKit works through them molecule by molecule, some milliseconds each.

    Examples
    --------
    >>> MoleculeDescriptors(["MolWt", "NumHDonors"]).fit_transform(["CCO", "c1ccccc1"]).round(2).tolist()
    [[46.07, 1.0], [78.11, 0.0]]
    """

    __module__ = "matterlearn.features.molecule.molecule_descriptors"

    def __init__(self, descriptors: str | Sequence[str] = "standard") -> None:
        self.descriptors = descriptors

    def _check_parameters(self) -> None:
        self._names()

    def _of_molecule(self, mol: Any) -> NDArray[np.float64]:
        functions = _functions()
        names = self._names()
        out = np.empty(len(names))
        with rdBase.BlockLogs():
            for column, name in enumerate(names):
                out[column] = functions[name](mol)
        bad = np.flatnonzero(~np.isfinite(out))
        if len(bad):
            raise MatterlearnError(
                f"the descriptor {names[bad[0]]} is {out[bad[0]]}", fix="leave it out of `descriptors`"
            )
        return out

    def _names(self) -> list[str]:
        if isinstance(self.descriptors, str) and self.descriptors == "standard":
            return list(STANDARD)
        return list(checked_names(self.descriptors, argument="descriptors", what="descriptor", known=_functions()))

    def _facts(self) -> list[FeatureFacts]:
        return [FeatureFacts(name, name, unit=_unit(name)) for name in self._names()]

    def citations(self) -> list[str]:
        """Return what to cite.

        Returns
        -------
        list of str
            The program, which says where each descriptor is from.
        """
        return ["RDKit: Open-source cheminformatics, https://www.rdkit.org"]


def _unit(name: str) -> str:
    return "angstrom^2" if name.startswith(_SURFACES) else _UNITS.get(name, "")


@lru_cache(maxsize=1)
def _functions() -> Mapping[str, Callable[[Any], float]]:
    return dict(Descriptors.descList)

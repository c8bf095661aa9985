"""One feature matrix from the input columns of a table: sites, formulas, numbers and categories side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from matterlearn.chemistry.elements import PRESETS
from matterlearn.chemistry.ions import Ion
from matterlearn.core.errors import ArgumentError
from matterlearn.data.cells import INPUT_KINDS, MOLECULE_KINDS
from matterlearn.features.block_scaler import BlockScaler
from matterlearn.features.composition_descriptors import CompositionDescriptors
from matterlearn.features.composition_fractions import CompositionFractions
from matterlearn.features.site_descriptors import SiteDescriptors
from matterlearn.features.site_fractions import SiteFractions

Representation = Literal["descriptors", "fractions", "both", "structures"]

SITE_PROPERTIES = tuple(
    dict.fromkeys(
        (
            *PRESETS["perovskite16"],
            *PRESETS["extended"],
            "group",
            "period",
            "n_p_valence",
            "n_unfilled",
            "mendeleev_number",
        )
    )
)
"""Properties that describe the species on a site: size, bonding, valence and place in the periodic table."""

DESCRIPTOR_WEIGHT = 3.0
"""Share of the descriptors in the distance between two rows, beside fractions; see `BlockScaler`."""


def table_features(
    inputs: Sequence[str],
    kinds: Mapping[str, str],
    *,
    representation: Representation = "both",
    ions: Mapping[str, Ion] | None = None,
    fraction_weight: float | None = None,
) -> ColumnTransformer:
    """Make the transformer from a table's input columns to numbers.

    Parameters
    ----------
    inputs : sequence of str
        Names of the input columns.
    kinds : mapping of str to str
        Kind of each: one of `INPUT_KINDS`.
    representation : {"descriptors", "fractions", "both", "structures"}
        How matter is described: by the properties of its elements, by how much of each element there is, or both.
        Fractions see an element only if it occurs in training; descriptors carry over to new ones. "structures" hands
        the one column of structures on as it is, to models that take such.
    ions : mapping of str to Ion, optional
        The user's own molecular ions, beside the built-in ones.
    fraction_weight : float, optional
        If given, the blocks are scaled for models that see distances (kernels, networks, neighbours): descriptors and
        numbers to a common spread, fractions multiplied by this weight. Trees need no scaling.

    Returns
    -------
    ColumnTransformer
        Takes a DataFrame with the input columns, gives a float array.

    Raises
    ------
    ArgumentError
        If an input has a kind that is no feature, or `representation` is "structures" and there are other inputs.

    Examples
    --------
    >>> import pandas as pd
    >>> features = table_features(["formula"], {"formula": "formula"}, representation="fractions")
    >>> features.fit_transform(pd.DataFrame({"formula": ["TiO2", "TiO"]})).shape
    (2, 2)
    """
    columns: dict[str, list[str]] = {kind: [] for kind in INPUT_KINDS}
    for name in inputs:
        if kinds[name] not in columns:
            raise ArgumentError(f"column {name!r} is {kinds[name]}, which is no input", where="inputs")
        columns[kinds[name]].append(name)
    if representation == "structures":
        if list(inputs) != columns["structure"] or len(inputs) != 1:
            found = ", ".join(f"{name} ({kinds[name]})" for name in inputs)
            raise ArgumentError(f"a model of structures takes one column of structures, not {found}", where="inputs")
        return ColumnTransformer([("structures", "passthrough", list(inputs))], verbose_feature_names_out=False)
    parts: list[tuple[str, Any, Any]] = []
    if columns["site"]:
        sites = {
            "descriptors": SiteDescriptors(SITE_PROPERTIES, ions=ions),
            "fractions": SiteFractions(unknown="ignore", ions=ions),
        }
        parts += [(f"site {name}", part, columns["site"]) for name, part in sites.items()]
    for name in columns["formula"]:
        of = f" of {name}" if len(columns["formula"]) > 1 else ""
        parts.append((f"descriptors{of}", CompositionDescriptors(), [name]))
        parts.append((f"fractions{of}", CompositionFractions(unknown="ignore"), [name]))
    for kind in MOLECULE_KINDS:
        for name in columns[kind]:
            of = f" of {name}" if len(columns[kind]) > 1 else ""
            parts += [(f"{part}{of}", transformer, [name]) for part, transformer in _of_molecules(kind).items()]
    parts = [part for part in parts if representation == "both" or representation in part[0]]
    if columns["number"]:
        parts.append(("numbers", "passthrough", columns["number"]))
    if columns["category"]:
        categories = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        parts.append(("categories", categories, columns["category"]))
    if fraction_weight is not None:
        parts = [(name, _scaled(name, part, fraction_weight), of) for name, part, of in parts]
    return ColumnTransformer(parts, verbose_feature_names_out=len(columns["formula"]) > 1, sparse_threshold=0)


def _of_molecules(kind: str) -> dict[str, Any]:
    # RDKit and compiled kernels are loaded only for tables that hold molecules.
    from matterlearn.features.molecule.atom_counts import AtomCounts

    atoms = {"fractions": AtomCounts()}
    if kind == "structure":
        from matterlearn.features.molecule.force_field_terms import ForceFieldTerms
        from matterlearn.features.molecule.symmetry_functions import SymmetryFunctions

        return {
            "descriptors: terms of a force field": ForceFieldTerms(unknown="ignore"),
            "descriptors: symmetry functions": SymmetryFunctions(unknown="ignore"),
            **atoms,
        }
    from matterlearn.features.molecule.fingerprints import MorganFingerprint
    from matterlearn.features.molecule.molecule_descriptors import MoleculeDescriptors

    return {
        "descriptors: whole molecule": MoleculeDescriptors(),
        "descriptors: surroundings of atoms": MorganFingerprint(counts=True),
        **atoms,
    }


def _scaled(name: str, part: Any, fraction_weight: float) -> Any:
    if "fractions" in name:
        return make_pipeline(part, BlockScaler(fraction_weight, standardise=False))
    if name == "categories":
        return part
    scaler = BlockScaler(1.0 if name == "numbers" else DESCRIPTOR_WEIGHT)
    return scaler if part == "passthrough" else make_pipeline(part, scaler)


def citations_of(features: Any) -> list[str]:
    """Return the sources of what a transformer uses, each once.

    Parameters
    ----------
    features : transformer
        Fitted; what `table_features` made, or any other (which has no sources that we know).

    Returns
    -------
    list of str
        Citations in the order of use.
    """
    parts = [part for _, part, _ in features.transformers_] if isinstance(features, ColumnTransformer) else [features]
    sources = [part[0] if isinstance(part, Pipeline) else part for part in parts]  # scaling comes second
    found = [citation for part in sources if hasattr(part, "citations") for citation in part.citations()]
    return list(dict.fromkeys(found))

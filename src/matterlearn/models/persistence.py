"""Estimators as bytes that can be read without running code from the file.

skops writes scikit-learn objects as JSON and arrays. Before it builds them again, `archive_check` makes sure that
there is nothing but the types named here; before what was built predicts, `soundness` makes sure that it follows no
index out of its arrays.
"""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Sequence
from threading import Lock
from typing import Any, Final

import numpy as np

from matterlearn.core.errors import ModelFileError
from matterlearn.models import skops_io
from matterlearn.models.archive_check import check_archive
from matterlearn.models.soundness import check_sound

_SKLEARN: Final = (
    "_loss.link.IdentityLink",
    "_loss.link.Interval",
    "_loss.link.LogLink",
    "_loss.link.LogitLink",
    "_loss.link.MultinomialLogit",
    "_loss.loss.AbsoluteError",
    "_loss.loss.HalfBinomialLoss",
    "_loss.loss.HalfGammaLoss",
    "_loss.loss.HalfMultinomialLoss",
    "_loss.loss.HalfPoissonLoss",
    "_loss.loss.HalfSquaredError",
    "_loss.loss.HuberLoss",
    "_loss.loss.PinballLoss",
    "calibration.CalibratedClassifierCV",
    "calibration._CalibratedClassifier",
    "calibration._SigmoidCalibration",
    "calibration._TemperatureScaling",
    "compose._column_transformer.ColumnTransformer",
    "compose._target.TransformedTargetRegressor",
    "cross_decomposition._pls.PLSRegression",
    "decomposition._pca.PCA",
    "discriminant_analysis.LinearDiscriminantAnalysis",
    "discriminant_analysis.QuadraticDiscriminantAnalysis",
    "dummy.DummyClassifier",
    "dummy.DummyRegressor",
    "ensemble._bagging.BaggingClassifier",
    "ensemble._bagging.BaggingRegressor",
    "ensemble._forest.ExtraTreesClassifier",
    "ensemble._forest.ExtraTreesRegressor",
    "ensemble._forest.RandomForestClassifier",
    "ensemble._forest.RandomForestRegressor",
    "ensemble._gb.GradientBoostingClassifier",
    "ensemble._gb.GradientBoostingRegressor",
    "ensemble._hist_gradient_boosting.binning._BinMapper",
    "ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
    "ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor",
    "ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "ensemble._stacking.StackingRegressor",
    "ensemble._voting.VotingClassifier",
    "ensemble._voting.VotingRegressor",
    "ensemble._weight_boosting.AdaBoostClassifier",
    "ensemble._weight_boosting.AdaBoostRegressor",
    "feature_selection._variance_threshold.VarianceThreshold",
    "impute._base.SimpleImputer",
    "kernel_ridge.KernelRidge",
    "linear_model._base.LinearRegression",
    "linear_model._bayes.ARDRegression",
    "linear_model._bayes.BayesianRidge",
    "linear_model._coordinate_descent.ElasticNet",
    "linear_model._coordinate_descent.ElasticNetCV",
    "linear_model._coordinate_descent.Lasso",
    "linear_model._coordinate_descent.LassoCV",
    "linear_model._huber.HuberRegressor",
    "linear_model._logistic.LogisticRegression",
    "linear_model._logistic.LogisticRegressionCV",
    "linear_model._ridge.Ridge",
    "linear_model._ridge.RidgeCV",
    "mixture._gaussian_mixture.GaussianMixture",
    "model_selection._split.KFold",
    "model_selection._split.StratifiedKFold",
    "naive_bayes.GaussianNB",
    "neighbors._classification.KNeighborsClassifier",
    "neighbors._regression.KNeighborsRegressor",
    "neighbors._unsupervised.NearestNeighbors",
    "neural_network._multilayer_perceptron.MLPClassifier",
    "neural_network._multilayer_perceptron.MLPRegressor",
    "neural_network._stochastic_optimizers.AdamOptimizer",
    "pipeline.FeatureUnion",
    "pipeline.Pipeline",
    "preprocessing._data.MaxAbsScaler",
    "preprocessing._data.MinMaxScaler",
    "preprocessing._data.Normalizer",
    "preprocessing._data.PowerTransformer",
    "preprocessing._data.QuantileTransformer",
    "preprocessing._data.RobustScaler",
    "preprocessing._data.StandardScaler",
    "preprocessing._encoders.OneHotEncoder",
    "preprocessing._encoders.OrdinalEncoder",
    "preprocessing._function_transformer.FunctionTransformer",
    "preprocessing._label.LabelBinarizer",
    "preprocessing._label.LabelEncoder",
    "preprocessing._polynomial.PolynomialFeatures",
    "svm._classes.LinearSVC",
    "svm._classes.LinearSVR",
    "svm._classes.NuSVC",
    "svm._classes.NuSVR",
    "svm._classes.SVC",
    "svm._classes.SVR",
    "tree._classes.DecisionTreeClassifier",
    "tree._classes.DecisionTreeRegressor",
    "tree._classes.ExtraTreeClassifier",
    "tree._classes.ExtraTreeRegressor",
    "tree._tree.Tree",
)

TRUSTED_TYPES: Final = (
    "matterlearn.chemistry.ions.Ion",
    "matterlearn.features.basis.GaussianBasis",
    "matterlearn.features.block_scaler.BlockScaler",
    "matterlearn.features.composition_descriptors.CompositionDescriptors",
    "matterlearn.features.composition_fractions.CompositionFractions",
    *(
        f"matterlearn.features.molecule.{name}"
        for name in (
            "atom_counts.AtomCounts",
            "bag_of_bonds.BagOfBonds",
            "coordinates.Coordinates",
            "coulomb.CoulombMatrix",
            "distances.Distances",
            "fingerprints.MorganFingerprint",
            "fingerprints.RDKitFingerprint",
            "force_field_terms.ForceFieldTerms",
            "histograms.AngleDistribution",
            "histograms.PairDistribution",
            "internal.InternalCoordinates",
            "molecule_descriptors.MoleculeDescriptors",
            "soap.SoapPowerSpectrum",
            "symmetry_functions.SymmetryFunctions",
            "torsion_fingerprint.TorsionFingerprint",
        )
    ),
    "matterlearn.features.selection.best_subset.BestSubset",
    "matterlearn.features.selection.pearson_filter.PearsonFilter",
    "matterlearn.features.ranks.Ranks",
    "matterlearn.features.site_descriptors.SiteDescriptors",
    "matterlearn.features.site_fractions.SiteFractions",
    "matterlearn.features.site_one_hot.SiteOneHot",
    "matterlearn.models.augmentation.AugmentedRegressor",
    "matterlearn.models.blend.Blend",
    "matterlearn.models.class_blend.ClassBlend",
    "matterlearn.models.decisions.priors.PriorShiftClassifier",
    "matterlearn.models.decisions.rejection.RejectingClassifier",
    "matterlearn.models.density.gaussian_mixture_classifier.GaussianMixtureClassifier",
    "matterlearn.models.density.kernel_density_classifier.KernelDensityClassifier",
    "matterlearn.models.kernel_machines.gaussian_process.GaussianProcess",
    "matterlearn.models.kernel_machines.kernel_regressor.KernelRegressor",
    "matterlearn.models.kernel_ridge_classifier.KernelRidgeClassifier",
    "matterlearn.models.molecules.distance_network.DistanceNetworkRegressor",
    "matterlearn.models.networks.classifier.MLPClassifier",
    "matterlearn.models.networks.ensemble.EnsembleRegressor",
    "matterlearn.models.networks.regressor.MLPRegressor",
    "matterlearn.models.pruned_tree.PrunedTreeClassifier",
    "matterlearn.models.pruned_tree.PrunedTreeRegressor",
    *(f"sklearn.{name}" for name in _SKLEARN),
)
"""Types of objects that a model file may hold, all of them.

A type is here if its methods compute with numpy, which checks its indices, or if `soundness` checks the values that
its compiled code follows; and if it calls no function that the file could choose.
"""

_CONTAINERS: Final = ("numpy.dtype", "sklearn.utils._bunch.Bunch")  # which skops does not trust by itself


def estimator_to_bytes(estimator: Any) -> bytes:
    """Return a fitted estimator as bytes.

    Parameters
    ----------
    estimator : estimator
        Anything that skops can write: scikit-learn's estimators and ours.

    Returns
    -------
    bytes
        A zip archive of JSON and arrays. It is not packed: the container of the model file does that once.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> model = Ridge().fit([[0.0], [1.0]], [0.0, 1.0])
    >>> estimator_from_bytes(estimator_to_bytes(model)).predict([[2.0]]) == model.predict([[2.0]])
    array([ True])
    """
    return _reproducible(skops_io.dumps(estimator))


def _reproducible(data: bytes) -> bytes:
    """Write a skops archive again without what changes from run to run: addresses in memory, the time of day."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    numbers: dict[str, str] = {}
    schema = _numbered(json.loads(contents.pop("schema.json")), numbers)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        _add(archive, "schema.json", json.dumps(schema, separators=(",", ":")).encode())
        for name in contents:
            address, _, ending = name.partition(".")
            content = _without_gaps(contents[name]) if ending == "npy" else contents[name]
            _add(archive, f"{numbers[address]}.{ending}", content)
    return out.getvalue()


def _without_gaps(array: bytes) -> bytes:
    """Return a stored array with zeros between the fields of its records, where memory holds what was there before."""
    records = np.load(io.BytesIO(array), allow_pickle=False)
    if records.dtype.names is None:
        return array
    clean = np.zeros(records.shape, records.dtype)
    for field in records.dtype.names:
        clean[field] = records[field]
    out = io.BytesIO()
    np.save(out, clean, allow_pickle=False)
    return out.getvalue()


def _numbered(node: Any, numbers: dict[str, str]) -> Any:
    """Return a part of the schema with addresses replaced by numbers in the order of their appearance."""
    if isinstance(node, list):
        return [_numbered(item, numbers) for item in node]
    if not isinstance(node, dict):
        return node
    plain: dict[str, Any] = {}
    for key, value in node.items():
        if key == "__id__" and isinstance(value, int):
            # Whether two equal numbers or texts are one object is chance, and means nothing.
            if node["__loader__"] != "JsonNode":
                plain[key] = int(numbers.setdefault(str(value), str(len(numbers) + 1)))
        elif key == "file" and isinstance(value, str):
            address, _, ending = value.partition(".")
            plain[key] = f"{numbers.setdefault(address, str(len(numbers) + 1))}.{ending}"
        else:
            plain[key] = _numbered(value, numbers)
    if node.get("__loader__") == "SetNode":  # the order of a set of texts is chance, too
        plain["content"].sort(key=json.dumps)
    return plain


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))  # the earliest that a zip can hold
    entry.create_system = 3  # Unix everywhere, so that the bytes do not tell where they were written
    archive.writestr(entry, content)


_one_reader: Final = Lock()
"""Threads read one after the other: numpy reads a header with `ast`, which in Python 3.11 and 3.12.0 can fail in one
thread when another interrupts it (python/cpython#106905), and `catch_warnings` is not made for threads at all."""


def estimator_from_bytes(data: bytes, *, trusted: Sequence[str] = ()) -> Any:
    """Build an estimator from bytes.

    Parameters
    ----------
    data : bytes
        What `estimator_to_bytes` returned.
    trusted : sequence of str
        Further types the reader vouches for, as "module.Class": estimators of one's own.

    Returns
    -------
    estimator
        As it was written.

    Raises
    ------
    ModelFileError
        If the bytes name other types, cannot be read, or hold a tree or machine that points outside itself.
    """
    try:
        # What a library warns of here, such as another version of itself, the probe rows of a model file decide.
        with _one_reader, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check_archive(data, TRUSTED_TYPES, vouched=trusted)
            estimator = skops_io.loads(data, trusted=[*TRUSTED_TYPES, *_CONTAINERS, *trusted])
            check_sound(estimator, vouched=trusted)
    except ModelFileError:
        raise
    # Whatever a damaged or crafted file makes the readers raise means the same to its user.
    except Exception as error:
        text = "".join(sign if sign.isprintable() else "?" for sign in str(error)[:200])
        raise ModelFileError(
            f"the estimator cannot be read ({type(error).__name__}: {text})",
            fix="if it was made with other versions of its libraries, use those; see matterlearn show",
        ) from error
    return estimator

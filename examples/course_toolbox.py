"""Every model family of the review course on scikit-learn's bundled data, with cross-validated scores and figures.

python examples/course_toolbox.py [FOLDER]
"""

import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import linkage
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.datasets import load_diabetes, load_wine
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import ElasticNetCV, LassoCV, LinearRegression, LogisticRegression, RidgeCV
from sklearn.metrics import adjusted_rand_score, mean_absolute_error
from sklearn.model_selection import KFold, StratifiedKFold, cross_validate
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, SplineTransformer, StandardScaler
from sklearn.svm import SVC

from matterlearn.core.parallel import single_thread
from matterlearn.features.basis import GaussianBasis
from matterlearn.features.selection import BestSubset, PearsonFilter
from matterlearn.models.density import GaussianMixtureClassifier, KernelDensityClassifier, choose_components
from matterlearn.models.pruned_tree import PrunedTreeClassifier, PrunedTreeRegressor
from matterlearn.report.figures.bias_variance import bias_variance as bias_variance_figure
from matterlearn.report.figures.dendrogram import dendrogram
from matterlearn.report.figures.mixture_selection import mixture_selection
from matterlearn.report.figures.model_complexity import model_complexity
from matterlearn.report.figures.style import save_figure
from matterlearn.validation.assessment import bias_variance, complexity_curve, three_way_split

CLASSIFIERS = {
    "logistic, no penalty": LogisticRegression(C=np.inf, max_iter=1000),
    "logistic, L2": LogisticRegression(max_iter=1000),
    "logistic, L1": LogisticRegression(l1_ratio=1.0, solver="saga", max_iter=5000),
    "linear discriminant": LinearDiscriminantAnalysis(),
    "quadratic discriminant": QuadraticDiscriminantAnalysis(reg_param=0.1),
    "nearest neighbours": KNeighborsClassifier(15),
    "kernel density": KernelDensityClassifier(),
    "Gaussian mixture": GaussianMixtureClassifier("bic", covariance_type="diag", random_state=0),
    "support vectors": SVC(),
    "pruned tree": PrunedTreeClassifier(random_state=0),
    "AdaBoost": AdaBoostClassifier(random_state=0),
    "gradient boosting": GradientBoostingClassifier(n_estimators=40, random_state=0),
    "random forest": RandomForestClassifier(50, random_state=0),
    "extra trees": ExtraTreesClassifier(50, random_state=0),
    "network": MLPClassifier((16,), max_iter=300, learning_rate_init=0.02, random_state=0),
}

FORWARD = SequentialFeatureSelector(LinearRegression(), tol=10.0, scoring="neg_mean_squared_error")
PENALTIES = np.logspace(-3, 3, 13)
REGRESSORS = {
    "least squares": LinearRegression(),
    "ridge": RidgeCV(PENALTIES),
    "lasso": LassoCV(),
    "elastic net": ElasticNetCV(l1_ratio=0.5),
    "best subset, BIC": make_pipeline(BestSubset("bic"), LinearRegression()),
    "forward selection": make_pipeline(FORWARD, LinearRegression()),
    "Pearson filter": make_pipeline(PearsonFilter(0.7), LinearRegression()),
    "polynomial": make_pipeline(PolynomialFeatures(2, include_bias=False), RidgeCV(PENALTIES)),
    "Gaussian bumps": make_pipeline(GaussianBasis(6), RidgeCV(PENALTIES)),
    "cubic splines": make_pipeline(SplineTransformer(4), RidgeCV(PENALTIES)),
    "kernel ridge": KernelRidge(kernel="rbf", gamma=0.01, alpha=0.3),
    "pruned tree": PrunedTreeRegressor(random_state=0),
    "random forest": RandomForestRegressor(50, min_samples_leaf=5, random_state=0),
}


def scores(models: Mapping[str, Any], X: Any, y: Any, folds: Any, measures: Mapping[str, str]) -> pd.DataFrame:
    """Return mean and standard deviation over the folds; whatever looks at data is learned within them."""
    lines = []
    for name, model in models.items():
        found = cross_validate(make_pipeline(StandardScaler(), model), X, y, cv=folds, scoring=list(measures.values()))
        line: dict[str, Any] = {"model": name}
        for label, scoring in measures.items():
            values = np.abs(found[f"test_{scoring}"])
            line[label], line[f"{label} sd"] = values.mean(), values.std(ddof=1)
        lines.append(line)
    return pd.DataFrame(lines).round(3)


def unsupervised(X: Any, y: Any) -> pd.DataFrame:
    """Return how well clusters that have seen no class agree with the classes: 1 is the same, 0 is chance."""
    reduced = PCA(3).fit_transform(StandardScaler().fit_transform(X))
    mixture = choose_components(reduced)
    found = {
        "k-means": KMeans(3, n_init=10, random_state=0).fit_predict(reduced),
        "agglomerative": AgglomerativeClustering(3).fit_predict(reduced),
        "DBSCAN": DBSCAN(eps=0.9, min_samples=8).fit_predict(reduced),
        f"mixture, BIC takes {mixture.by_bic}": mixture.mixture.predict(reduced),
        f"mixture, merged to {mixture.by_entropy}": mixture.labels(reduced),
    }
    return pd.DataFrame([{"clusters": name, "adjusted Rand": adjusted_rand_score(y, c)} for name, c in found.items()])


def assessment(X: Any, y: Any) -> None:
    """Choose on validation rows, and ask the test rows once."""
    for fractions in ((50, 25, 25), (80, 10, 10), (90, 5, 5)):
        train, validation, test = three_way_split(len(y), fractions, random_state=0)
        models = {k: make_pipeline(StandardScaler(), KNeighborsRegressor(k)) for k in (1, 5, 15, 40)}
        errors = {
            k: mean_absolute_error(y[validation], model.fit(X[train], y[train]).predict(X[validation]))
            for k, model in models.items()
        }
        best = min(errors, key=errors.__getitem__)
        tested = mean_absolute_error(y[test], models[best].predict(X[test]))
        print(f"{fractions}: {best} neighbours, MAE {errors[best]:.1f} when chosen, {tested:.1f} on test rows")


def draw(folder: Path, X: Any, y: Any, wine: Any, classes: Any) -> None:
    folds = KFold(5, shuffle=True, random_state=0)
    neighbours = make_pipeline(StandardScaler(), KNeighborsRegressor())
    numbers = [150, 100, 60, 40, 25, 15, 10, 6, 4, 2, 1]
    curve = complexity_curve(neighbours, X, y, "kneighborsregressor__n_neighbors", numbers, cv=folds)
    save_figure(model_complexity(curve, label="neighbours, from many to one"), folder, "complexity")

    train, _, test = three_way_split(len(y), (50, 25, 25), random_state=0)
    models = {"least squares": LinearRegression(), "pruned tree": PrunedTreeRegressor(random_state=0)}
    models |= {f"{k} neighbours": make_pipeline(StandardScaler(), KNeighborsRegressor(k)) for k in (40, 5, 1)}
    parts = {
        name: bias_variance(model, X[train], y[train], X[test], y[test], n_resamples=20, random_state=0)
        for name, model in models.items()
    }
    save_figure(bias_variance_figure(parts), folder, "bias-variance")

    scaled = StandardScaler().fit_transform(wine)
    save_figure(mixture_selection(choose_components(PCA(3).fit_transform(scaled))), folder, "mixture")
    names = [f"{label} {i}" for i, label in enumerate(classes)]
    save_figure(dendrogram(linkage(scaled[::6], "ward"), names[::6]), folder, "dendrogram")


def main(folder: Path) -> None:
    start = time.perf_counter()
    wine, patients = load_wine(), load_diabetes()
    X, y = patients.data, patients.target
    classes = wine.target_names[wine.target]
    with single_thread():
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        print("Wines of three cultivars, 5 folds")
        print(scores(CLASSIFIERS, wine.data, classes, folds, {"accuracy": "accuracy"}).to_string(index=False))
        print("\nDiabetes in a year, 5 folds")
        measures = {"MAE": "neg_mean_absolute_error", "RMSE": "neg_root_mean_squared_error"}
        print(scores(REGRESSORS, X, y, KFold(5, shuffle=True, random_state=0), measures).to_string(index=False))
        print("\nClusters of the wines")
        print(unsupervised(wine.data, classes).round(3).to_string(index=False))
        print("\nTraining, validation, test")
        assessment(X, y)
        draw(folder, X, y, wine.data, classes)
    print(f"\nfigures in {folder}, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))

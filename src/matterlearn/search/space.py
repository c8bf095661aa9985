"""What a search may vary: whole numbers, real numbers, choices, and under which condition."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from matterlearn.core.errors import ArgumentError, did_you_mean

Condition = Mapping[str, Any]
"""Name of another parameter -> the value, or a list of values, for which a parameter is there at all."""


@dataclass(frozen=True)
class Integer:
    """A whole number.

    Parameters
    ----------
    low, high : int
        Bounds; both belong to it.
    step : int
        Distance of the values, counted from `low`.
    log : bool
        Whether equal ratios are equally likely instead of equal differences.
    when : mapping of str to value or list of values, optional
        Other parameters of the space, and the values of them for which this one is varied. Otherwise it is left as
        the estimator has it.

    Raises
    ------
    ArgumentError
        If the bounds cannot be used.

    Examples
    --------
    >>> Integer(16, 512, log=True).holds(64), Integer(1, 9, step=2).holds(4)
    (True, False)
    """

    low: int
    high: int
    step: int = 1
    log: bool = False
    when: Condition | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high", "step"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or isinstance(value, bool):
                raise ArgumentError(f"must be a whole number, got {value!r}", where=f"Integer, {name}")
            object.__setattr__(self, name, int(value))
        _check_bounds(self)
        if self.step < 1:
            raise ArgumentError(f"must be at least 1, got {self.step}", where="Integer, step")
        if self.log and self.step != 1:
            raise ArgumentError(f"a logarithmic range takes no step, got {self.step}", where="Integer, step")
        if (self.high - self.low) % self.step:
            reached = self.high - (self.high - self.low) % self.step
            raise ArgumentError(
                f"steps of {self.step} from {self.low} do not reach {self.high}",
                where="Integer, high",
                fix=f"say high={reached}",
            )

    def holds(self, value: Any) -> bool:
        """Tell whether it can take a value."""
        return (
            isinstance(value, Integral)
            and not isinstance(value, bool)
            and self.low <= int(value) <= self.high
            and (int(value) - self.low) % self.step == 0
        )


@dataclass(frozen=True)
class Float:
    """A real number.

    Parameters
    ----------
    low, high : float
        Bounds.
    log : bool
        Whether equal ratios are equally likely instead of equal differences: for learning rates and penalties.
    when : mapping of str to value or list of values, optional
        As in `Integer`.

    Raises
    ------
    ArgumentError
        If the bounds cannot be used.

    Examples
    --------
    >>> Float(1e-5, 1e-2, log=True)
    Float(low=1e-05, high=0.01, log=True, when=None)
    >>> Float(0.0, 1.0, log=True)
    Traceback (most recent call last):
    matterlearn.core.errors.ArgumentError: Float, low: a logarithmic range needs bounds above 0, got 0.0
    """

    low: float
    high: float
    log: bool = False
    when: Condition | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = getattr(self, name)
            if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
                raise ArgumentError(f"must be a finite number, got {value!r}", where=f"Float, {name}")
            object.__setattr__(self, name, float(value))
        _check_bounds(self)

    def holds(self, value: Any) -> bool:
        """Tell whether it can take a value."""
        return isinstance(value, Real) and not isinstance(value, bool) and self.low <= float(value) <= self.high


@dataclass(frozen=True)
class Choice:
    """One of several values, without an order.

    Parameters
    ----------
    options : sequence
        The values: texts, numbers, None, tuples of widths, estimators ...
    when : mapping of str to value or list of values, optional
        As in `Integer`.

    Raises
    ------
    ArgumentError
        If there are no options, or two of them are written alike.

    Examples
    --------
    >>> Choice([(64, 64), (256,)]).labels
    ('(64, 64)', '(256,)')
    """

    options: Sequence[Any]
    when: Condition | None = None

    def __post_init__(self) -> None:
        if isinstance(self.options, str | bytes | Mapping | Set) or not hasattr(self.options, "__len__"):
            raise ArgumentError(f"needs a list of options, got {self.options!r}", where="Choice")
        object.__setattr__(self, "options", tuple(self.options))
        if not self.options:
            raise ArgumentError("needs at least one option", where="Choice")
        labels = self.labels
        twice = next((label for label in labels if labels.count(label) > 1), None)
        if twice is not None:
            raise ArgumentError(f"two options are written {twice}", where="Choice", fix="give each option once")

    @property
    def labels(self) -> tuple[str, ...]:
        """The options as texts, by which a storage knows them."""
        return tuple(option_label(option) for option in self.options)

    def holds(self, value: Any) -> bool:
        """Tell whether a value is one of the options."""
        return option_label(value) in self.labels


Dimension = Integer | Float | Choice
Drawn = dict[str, Any]
"""What a trial draws: numbers, and labels of options. Plain data, for a storage."""


def option_label(option: Any) -> str:
    """Return an option as a text.

    Examples
    --------
    >>> option_label("relu"), option_label(None), option_label((64, 32))
    ('relu', 'None', '(64, 32)')
    """
    if isinstance(option, str):
        return option
    if hasattr(option, "item") and getattr(option, "ndim", 1) == 0:  # numpy writes np.float64(0.1)
        option = option.item()
    return " ".join(repr(option).split())


def ordered_space(space: Mapping[str, Dimension]) -> dict[str, Dimension]:
    """Return a space with every parameter after those that its condition names, after a look at all of it.

    Parameters
    ----------
    space : mapping of str to Integer, Float or Choice
        Name of a parameter as `set_params` takes it -> what it may be.

    Returns
    -------
    dict of str to Integer, Float or Choice

    Raises
    ------
    ArgumentError
        If there is no parameter, one is of another type, or a condition names what is not there.

    Examples
    --------
    >>> space = {"momentum": Float(0.5, 0.99, when={"optimizer": "sgd"}), "optimizer": Choice(["adam", "sgd"])}
    >>> list(ordered_space(space))
    ['optimizer', 'momentum']
    """
    if not isinstance(space, Mapping) or not space:
        raise ArgumentError("needs at least one parameter: name -> Integer, Float or Choice", where="space")
    for name, dimension in space.items():
        if not isinstance(dimension, Dimension):
            raise ArgumentError(
                f"must be an Integer, Float or Choice, got {dimension!r}",
                where=f"space, {name}",
                fix="write Choice([...]) around a list" if isinstance(dimension, list | tuple) else None,
            )
        _check_condition(name, dimension, space)
    ordered: dict[str, Dimension] = {}
    while len(ordered) < len(space):
        ready = [n for n, d in space.items() if n not in ordered and set(d.when or ()) <= ordered.keys()]
        if not ready:
            ring = ", ".join(name for name in space if name not in ordered)
            raise ArgumentError(f"the conditions of {ring} wait for each other", where="space")
        ordered[ready[0]] = space[ready[0]]
    return ordered


def is_active(dimension: Dimension, values: Mapping[str, Any]) -> bool:
    """Tell whether a parameter is there, given the values of those before it.

    Examples
    --------
    >>> momentum = Float(0.5, 0.99, when={"optimizer": "sgd"})
    >>> is_active(momentum, {"optimizer": "sgd"}), is_active(momentum, {"optimizer": "adam"}), is_active(momentum, {})
    (True, False, False)
    """
    return all(
        name in values and option_label(values[name]) in [option_label(value) for value in _listed(wanted)]
        for name, wanted in (dimension.when or {}).items()
    )


def parameters_of(space: Mapping[str, Dimension], drawn: Drawn) -> dict[str, Any]:
    """Return the values to be set for what a trial drew.

    Examples
    --------
    >>> parameters_of({"width": Choice([(64,), (32, 32)])}, {"width": "(32, 32)"})
    {'width': (32, 32)}
    """
    found = {}
    for name, value in drawn.items():
        dimension = space[name]
        found[name] = (
            dimension.options[dimension.labels.index(value)] if isinstance(dimension, Choice) else value
        )  # texts are what a storage knows
    return found


def _listed(values: Any) -> list[Any]:
    return list(values) if isinstance(values, list | set | frozenset) else [values]


def _check_bounds(dimension: Integer | Float) -> None:
    kind, low, high = type(dimension).__name__, dimension.low, dimension.high
    if not low < high:
        raise ArgumentError(f"must be below high={high}, got {low}", where=f"{kind}, low")
    if dimension.log and low <= 0:
        raise ArgumentError(f"a logarithmic range needs bounds above 0, got {low}", where=f"{kind}, low")


def _check_condition(name: str, dimension: Dimension, space: Mapping[str, Dimension]) -> None:
    if dimension.when is not None and not isinstance(dimension.when, Mapping):
        raise ArgumentError(f"must be a dict of name -> value, got {dimension.when!r}", where=f"space, {name}, when")
    for parent, wanted in (dimension.when or {}).items():
        where = f"space, {name}, when"
        if parent not in space:
            others = [other for other in space if other != name]
            raise ArgumentError(f"{parent!r} is not in the space", where=where, fix=did_you_mean(parent, others))
        if isinstance(space[parent], Float):
            raise ArgumentError(f"{parent!r} is a Float, which hardly ever equals a value", where=where)
        for value in _listed(wanted):
            if not space[parent].holds(value):
                options = getattr(space[parent], "labels", ())
                raise ArgumentError(
                    f"{parent!r} cannot be {value!r}", where=where, fix=did_you_mean(option_label(value), options)
                )

"""Where networks are trained."""

from __future__ import annotations

import torch

from matterlearn.core.errors import ArgumentError

_FIX = "use 'auto' or 'cpu'"


def choose_device(name: str) -> torch.device:
    """Return the device of a name.

    Parameters
    ----------
    name : str
        "auto" for a GPU where there is one, else the processor; or a name as torch knows it, such as "cpu" or "cuda:1".

    Returns
    -------
    torch.device
        The device.

    Raises
    ------
    ArgumentError
        If there is no such device.

    Examples
    --------
    >>> choose_device("cpu")
    device(type='cpu')
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ArgumentError(f"torch knows no {name!r}", where="device", fix=_FIX) from error
    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError) as error:  # torch raises the second where it was built without CUDA
        reason = str(error).partition("\n")[0].partition(". ")[0]
        raise ArgumentError(f"{name!r} cannot be used here ({reason})", where="device", fix=_FIX) from error
    return device


def does_not_fit(sizes: tuple[int, ...], device: torch.device) -> ArgumentError:
    """Return what to raise if a network does not fit into the memory of a device."""
    return ArgumentError(
        f"a network of layers {sizes} does not fit into the memory of {device}",
        where="device",
        fix="use narrower layers, smaller batches, or device='cpu'",
    )

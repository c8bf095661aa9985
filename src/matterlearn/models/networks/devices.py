"""Where networks are trained."""

from __future__ import annotations

import torch

from matterlearn.core.errors import ArgumentError


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
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch raises the second where it was built without CUDA
        raise ArgumentError(
            f"{name!r} cannot be used ({str(error).splitlines()[0]})", where="device", fix="use 'auto' or 'cpu'"
        ) from error
    return device

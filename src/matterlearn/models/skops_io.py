"""skops without PyTorch.

When skops is imported it walks through all modules of scikit-learn, one of which, an adapter for arrays of other
libraries, imports torch where it is installed: two seconds for every prediction of a model that has no use for it.
While skops is imported, that one module is said not to exist, which the walk passes over.
"""

from __future__ import annotations

import sys
from typing import Final

ADAPTER: Final = "sklearn.externals.array_api_compat.torch"

sys.modules.setdefault(ADAPTER, None)  # type: ignore[arg-type]
try:
    from skops.io import dumps, loads
finally:
    if sys.modules[ADAPTER] is None:
        del sys.modules[ADAPTER]  # who needs it later gets it

__all__ = ["dumps", "loads"]

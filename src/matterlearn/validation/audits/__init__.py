"""Audits: which symmetries of physics a model keeps, and by how much it breaks the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matterlearn.core.lazy import lazy_exports

if TYPE_CHECKING:
    from matterlearn.validation.audits.asserting import assert_equivariant, assert_invariant, check_declared_symmetries
    from matterlearn.validation.audits.auditing import audit
    from matterlearn.validation.audits.equivariance import audit_vectors
    from matterlearn.validation.audits.result import Audit, SymmetryCheck

__all__ = [
    "Audit",
    "SymmetryCheck",
    "assert_equivariant",
    "assert_invariant",
    "audit",
    "audit_vectors",
    "check_declared_symmetries",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "audit": "matterlearn.validation.audits.auditing",
        "audit_vectors": "matterlearn.validation.audits.equivariance",
        "assert_equivariant": "matterlearn.validation.audits.asserting",
        "assert_invariant": "matterlearn.validation.audits.asserting",
        "check_declared_symmetries": "matterlearn.validation.audits.asserting",
        "Audit": "matterlearn.validation.audits.result",
        "SymmetryCheck": "matterlearn.validation.audits.result",
    },
)

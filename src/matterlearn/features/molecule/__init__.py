"""Transformers of molecules: of their atoms in space and of their graphs."""

"""Functions of the positions of molecules: arrays of shape (n_conformers, n_atoms, 3) in, arrays out."""

"""Numbers of a classification: from the long table of predictions to scores, curves and how sure they are."""

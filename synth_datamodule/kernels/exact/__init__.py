"""The Voice's arithmetic and formulas, written once and compiled twice."""

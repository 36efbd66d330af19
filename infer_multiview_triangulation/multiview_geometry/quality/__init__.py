"""How good a reconstruction is, in figures and in words."""

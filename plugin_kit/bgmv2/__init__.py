"""Background Matting V2's networks, shared by what trains them and what mattes with them.

:mod:`.network` has the coarse and the refined one, :mod:`.checkpoint` the form of their weights.
"""

"""Products of derivatives with vectors and matrices, and derivatives of programs in terms of the
names in them.

Nothing here forms a Jacobian: upstream gradients are pulled back, directions are pushed forward,
entry by entry on the tensor DAG.
"""

"""Several people: followed in 3D where cameras are known, in each view where they are not."""

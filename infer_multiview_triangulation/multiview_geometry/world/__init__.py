"""What cameras leave open about the world: its scale, its unit, where up is."""

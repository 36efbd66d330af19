"""Flow matting: what training and matting share, so that each reads what the other writes."""

"""Points over time: smooth motion, constant bones, gaps, standard errors, views that are late."""

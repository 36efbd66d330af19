"""Several people: followed in each view, recognised across views."""

"""The pages of the documentation site that are made from the code, and how links lead to them."""

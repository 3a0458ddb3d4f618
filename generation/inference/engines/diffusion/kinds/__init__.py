"""One module a kind of picture: what is asked of a model, and what its answer becomes."""

"""The engines; each package below is one of them and registers nothing by being imported."""

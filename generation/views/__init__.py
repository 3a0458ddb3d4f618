"""The dashboard's pages: one module a group, each view a query, a use case and a template."""

"""Operator commands of the generation app."""

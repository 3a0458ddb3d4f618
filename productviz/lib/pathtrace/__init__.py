"""Path tracing for pictures that are made by a script: bodies, surfaces, and Mitsuba behind them.

The demo store's photographs and the studio's plates are rendered with it. The application never
imports it while it serves; lengths are whatever its caller uses (the docstrings say centimetres).
"""

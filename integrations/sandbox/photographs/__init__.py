"""Product photographs for the demo store, made by a script instead of a camera.

`python -m integrations.sandbox.photographs` models, lights and path-traces every picture of the
sandbox
catalog, with its true mask. It is a tool for developers; the application never imports it.
"""

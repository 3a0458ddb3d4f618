"""The studio's plates: procedural scenes, path-traced once by `manage.py render_plates`.

Only that command imports this package; while pictures are composed, the committed files under
`plates/` are all that is read. One file a scene, named in `registry`.
"""

"""Pure image arithmetic: arrays in, arrays out.

Needs numpy, scipy and opencv only. Django, torch and files are kept out, so that every
function here can be called from a test, a notebook or a benchmark as it is.
"""

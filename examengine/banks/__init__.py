"""Question banks: items, their checks, and the files they come from and go to.

Pure but for :mod:`examengine.banks.cells`, which turns the bytes of an upload into a grid of cells.
"""

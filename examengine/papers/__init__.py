"""From a bank to one person's paper: the blueprint, the proof that a bank can fill it, the draw, its packed form.

Everything here is a value or a pure function of values. The same release, seed and list of items seen give the
same paper on any machine and in any year; what a draw depends on is frozen by test vectors.
"""

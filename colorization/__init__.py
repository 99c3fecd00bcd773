"""Grayscale image colorization: the parts that every report of the suite shares.

The core names no report and never imports `experiments`.
"""

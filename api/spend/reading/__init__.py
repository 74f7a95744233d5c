"""Reads what a request says about its cost, and what its response says was used.

Pure: takes bytes as they pass, never changes, delays or keeps them.
"""

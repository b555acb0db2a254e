"""Unit tests of the harness; no peer and no Weft is needed.
Run: python3 -m unittest discover -s benchmarks -t benchmarks"""

"""The benchmark harness. Standard library only; see ../README.md."""

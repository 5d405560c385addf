"""How to find the labels of dense rows where there are very many: python -m benchmarks.dense."""

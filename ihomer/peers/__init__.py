"""Learners of others, on our contract: what a comparison runs beside ours."""

"""Measurements of the goals in docs/performance.md: `python -m bench`.

Each `goal_*.py` beside this file is one measurement and offers `figures(plan)`, which yields
`measure.Figure`; to add one is to add a file.
"""

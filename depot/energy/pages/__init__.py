"""The pages Energy and Readiness, the manager's rules, and what past days would have cost."""

"""How hosts are asked: client, policies, budgets, raw pages."""

"""A laboratory's page: its settings and networks, its figures as they come, its verdict."""

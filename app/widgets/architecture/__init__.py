"""The architecture page: networks drawn, counted and compared."""

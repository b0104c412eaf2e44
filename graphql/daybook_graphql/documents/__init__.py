"""Documents, customers and products, and the import that records them."""

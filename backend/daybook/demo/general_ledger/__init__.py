"""The demo company's two organisations in Xero, and what comes back from them."""

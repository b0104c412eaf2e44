"""What pages are made with: rendering, forms, formats, cookies and static files."""

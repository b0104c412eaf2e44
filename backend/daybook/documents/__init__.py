"""What comes in: invoices and credit notes, read, checked and recorded."""

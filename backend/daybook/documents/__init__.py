"""What comes in: invoices, billing schedules and credit notes, read and recorded."""

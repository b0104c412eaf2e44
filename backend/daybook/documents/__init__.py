"""Incoming invoices, billing schedules and credit notes: reading and recording them."""

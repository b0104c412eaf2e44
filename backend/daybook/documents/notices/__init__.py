"""Notices about what an import recorded; none of them stops it.

numbers    numbers that are in use twice
credits    credit notes that name no invoice, and take revenue at once
voids      documents that are void here, and in force where they come from
rows       rows of a sheet that are there twice
customers  customers that differ from others in nothing but case or spaces

They are about what the import changed: an unchanged document has none but one of
`voids`.
"""

"""What every feature of the API is built with: ids, pages, scalars, errors."""

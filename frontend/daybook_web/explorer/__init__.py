"""The API's explorer."""

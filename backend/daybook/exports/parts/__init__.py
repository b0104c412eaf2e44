"""Large files, rendered by several processes.

crew      the processes, and the sockets to them
member    such a process from the inside
joining   hands out slices of journals, and joins what they become into a file
orders    what is sent over the sockets

A slice is rendered by whoever is free. Its bytes wait in memory until it is known where
they begin, then its process writes them into the file itself. So no byte is copied from
process to process, and the file doesn't depend on how many there are.
"""

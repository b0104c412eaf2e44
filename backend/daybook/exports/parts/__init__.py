"""Large files, rendered by several processes of a machine, or by several workers.

slices     renders a slice of journals, whichever process does

By processes of one machine, which write into the file:

crew       the processes, and the sockets to them
member     such a process from the inside
joining    hands out slices of journals, and joins what they become into a file
orders     what is sent over the sockets

A slice is rendered by whoever is free. Its bytes wait in memory until it is known where
they begin, then its process writes them into the file itself. So no byte is copied from
process to process, and the file doesn't depend on how many there are.

By several workers, which each store pieces of the file:

stretches  consecutive slices, which become a piece
sharing    the job's process: cuts the file, and joins the pieces
helping    a process that renders stretches, in any worker

The two render the same bytes, since both begin slices at the same journals.
"""

"""The e-Hub as a machine without I/O: queues, acknowledgements, identity."""

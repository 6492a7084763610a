"""The pretend market: participants, NMIs, meters, registers, readings."""

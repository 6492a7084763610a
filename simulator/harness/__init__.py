"""Running things: in process, under judgement, as a demonstration."""

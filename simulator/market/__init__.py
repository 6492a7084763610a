"""What AEMO answers, one module per transaction group."""

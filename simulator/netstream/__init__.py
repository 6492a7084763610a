"""The machine behind Netstream's GetMeterReadings: usage points, entitlements, tokens, readings as CIM values."""

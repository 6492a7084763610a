"""The machine behind GetMeterReadings."""

"""IEC 61968-9: reading types, qualities, GetMeterReadings and MeterReadings, in JSON and XML."""

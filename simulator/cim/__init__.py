"""IEC 61968-9: reading types, qualities, GetMeterReadings and MeterReadings, in JSON and XML.

A library in its own right: `reading_type` and `quality` decode codes, `nem` knows the market's words for them, `model`
has the messages, `json_in`, `json_out`, `xml_in`, `xml_out` read and write them, `request` says what a request wants,
and `definitions` adds to a response what its codes mean. numpy is imported only where arrays are handed in.
"""

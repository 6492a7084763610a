"""Content tables of NMI standing data: master data, roles, data streams, meters, registers, addresses.

Source: aseXML r39_p1 schema set, r42-r44 notes and types, AEMO's r46 release notes. Our own words and notation.
Street, suffix, flat and floor types are enumerations in AEMO's schema whose values we do not hold: free text here.
"""

from __future__ import annotations

SIMPLE = {
    "AccessDetails": "text ..160",
    "AdditionalSiteInformation": "text ..100",
    "AddressLine": "text ..80",
    "Aggregate": "one of Yes, No",
    "AssetManagementPlan": "text ..50",
    "AveragedDailyLoad": "integer",
    "BuildingOrPropertyName": "text 1..30",
    "CalibrationTables": "text ..50",
    "CommunicationsEquipmentType": "text ..4",
    "CommunicationsProtocol": "text ..50",
    "Constant": "text ..12",
    "ConsumptionType": "one of Actual, Cumulative",
    "ControlledLoad": "text ..100",
    "CustomerClassificationCode": "text 1..20",
    "CustomerThresholdCode": "text 1..20",
    "DataConversion": "text ..50",
    "DataStreamStatus": "text",
    "DataStreamType": "text",
    "DataValidations": "text ..50",
    "DeliveryPointIdentifier": "integer 10000000..99999999",
    "Demand": "pattern [0-9]{1,8}",
    "DialFormat": "decimal 4.2 0..99.99",
    "DirectionIndicator": "one of Import, Export",
    "DisplayType": "text 1..20",
    "DistanceFromSubstation": "decimal 7.3 0..9999.999",
    "DistributionLossFactorCode": "text ..4",
    "EmbeddedNetworkIdentifier": "text ..10",
    "EnergisationStatus": "one of Active, Not Connected, Deenergised Before Meter, Deenergised At Meter, "
    "Deenergised After Meter",
    "EstimationInstructions": "text ..50",
    "FeederClass": "text ..15",
    "FlatOrUnitNumber": "text 1..7",
    "FloorOrLevelNumber": "text 1..5",
    "GenerationType": "one of Net, Gross, None",
    "Hazard": "text ..12",
    "HouseNumber": "integer 0..99999",
    "HouseNumberSuffix": "pattern [A-Za-z0-9]",
    "InstallationTypeCode": "text ..8",
    "JurisdictionCode": "text ..3",
    "KeyCode": "text 1..8",
    "Location": "text ..50",
    "LocationDescriptor": "text 1..30",
    "LotNumber": "text 1..6",
    "Manufacturer": "text ..15",
    "MeasurementType": "text ..4",
    "MeterModel": "text ..12",
    "MeterStatus": "one of C, D, R",
    "Multiplier": "decimal",
    "NMIClassificationCode": "text ..8",
    "NMIStatus": "text 1",
    "Password": "text ..20",
    "Point": "text ..2",
    "PoleNumber": "text ..40",
    "PostCode": "pattern [0-9]{4}",
    "PrimaryVoltage": "one of 230V, 400V, 11KV, 22KV, 33KV, 66KV, 132KV, Other HV",
    "ProfileName": "text ..10",
    "Program": "text ..30",
    "Reading": "decimal",
    "ReadTypeCode": "text ..4",
    "RegisterID": "text ..10",
    "RegisterStatus": "one of C, R",
    "RemotePhoneNumber": "text ..12",
    "Role": "text ..4",
    "Route": "text ..12",
    "SerialNumber": "text ..12",
    "StateOrTerritory": "one of AAT, ACT, NSW, NT, QLD, SA, TAS, VIC, WA",
    "StreetName": "pattern [A-Za-z0-9 '\\-]{1,30}",
    "SuburbOrPlaceOrLocality": "text ..46",
    "Suffix": "text 2",
    "SupplyPhase": "one of 1-phase, 2-phase, 3-phase, Other Multi-phase, Unknown",
    "TestCalibrationProgram": "text ..50",
    "TestPerformedBy": "text ..20",
    "TestResultAccuracy": "decimal 8.5",
    "TestResultNotes": "text ..50",
    "TimeOfDay": "text ..10",
    "TransformerLocation": "text ..30",
    "TransformerRatio": "text ..20",
    "TransformerType": "text ..20",
    "TransmissionNodeIdentifier": "text ..4",
    "UnitOfMeasure": "text ..5",
    "Use": "text ..10",
    "UserAccessRights": "text ..50",
    "VoltageType": "text ..10",
    "FloorOrLevelType": "text",
    "MalfunctionExemption": "text ..8",
}

PARTICULARS = (
    "NMI, SerialNumber?~, NextScheduledReadDate:date?~, Location?~, Hazard?~, InstallationTypeCode?~, Route?~, Use?~,"
    " Point?~, Manufacturer?~, Model:MeterModel?~, TransformerLocation?~, TransformerType?~, TransformerRatio?~,"
    " Constant?~, LastTestDate:date?~, NextTestDate:date?~, TestResultAccuracy?~, TestResultNotes?~,"
    " TestPerformedBy?~, MeasurementType?~, ReadTypeCode?~, RemotePhoneNumber?~, CommunicationsEquipmentType?~,"
    " CommunicationsProtocol?~, DataConversion?~, DataValidations?~, Status:MeterStatus?~,{new} Program?~,"
    " AdditionalSiteInformation?~, EstimationInstructions?~, AssetManagementPlan?~, CalibrationTables?~,"
    " UserAccessRights?~, Password?~, TestCalibrationProgram?~, KeyCode?~, CustomerFundedMeter:text?~"
)
"""What a meter has in standing data (without the NMI) and in a table row; ``{new}`` is where later fields stand."""

NEW_METER_FIELDS = (
    " GPSCoordinates?~, ^TestResult:text?~, ^CurrentTransformerAccuracyClass:text?~,"
    " ^CurrentTransformerLocation:text?~,"
    " ^CurrentTransformerRatioAvailable:text?~, ^CurrentTransformerRatioConnected:text?~,"
    " ^CurrentTransformerTest:text?~, ^CurrentTransformerTestDate:date?~, ^CurrentTransformerType:text?~,"
    " ^VoltageTransformerAccuracyClass:text?~, ^VoltageTransformerLocation:text?~, ^VoltageTransformerRatio:text?~,"
    " ^VoltageTransformerTest:text?~, ^VoltageTransformerTestDate:date?~, ^VoltageTransformerType:text?~,"
)
"""Since r42, after Status: a real r44 message proves the place of GPSCoordinates only. Limits are not published."""

REGISTER_GROUP = (
    "NetworkTariffCode:text?~, NetworkAdditionalInformation:text?~, UnitOfMeasure?~, TimeOfDay?~, Multiplier?~,"
    " DialFormat?~, Suffix?~, ControlledLoad?~, ConsumptionType?~, Demand1:Demand?~, Demand2:Demand?~,"
    " Status:RegisterStatus?~"
)

MASTER_START = (
    "JurisdictionCode?~, NMIClassificationCode?~, TransmissionNodeIdentifier?~, DistributionLossFactorCode?~,"
    " ParentEmbeddedNetworkIdentifier:EmbeddedNetworkIdentifier?~,"
    " ChildEmbeddedNetworkIdentifier:EmbeddedNetworkIdentifier?~,"
    " Address:PartialAddress?~, Aggregate?~, Status:NMIStatus?~,"
)
MASTER_SUPPLY = (
    " DistanceFromSubstation?~, VoltageType?~, PoleNumber?~, AccessDetails?~, FeederClass?~,"
    " CustomerClassificationCode?~, CustomerThresholdCode?~,"
)
NEW_MASTER_FIELDS = (
    " SharedIsolationPointFlag:text?~, ConnectionConfiguration:text?~, ^LastConsumerChangeDate:date?~,"
    " ^MeterMalfunctionExemptionNumber:MalfunctionExemption?~, ^MeterMalfunctionExemptionExpiryDate:date?~,"
)
"""Since r42/r43, after CustomerThresholdCode: a real r44 message proves the place of the first two."""

R46_MASTER_FIELDS = (
    " ^LegacyMtrReplacementPlan:text?~, ^DefectFlag:text?~, ^DefectIssuingMC:text?~, ^DefectType:text?~,"
)

_METER_END = (
    ", DisplayType?~, SupplyPhase?, GenerationType?, GeneralSupply:open?, InstrumentTransformers:open?,"
    " ControlEquipments:open?~, RegisterConfiguration?~, FromDate:date?, ToDate:date?"
)
_METER = PARTICULARS.removeprefix("NMI, ").replace("Status:MeterStatus?~", "Status:MeterStatus?") + _METER_END
_MASTER_END = (
    " ControlEquipments:open?~, NetworkDevices:open?~, EnergisationStatus?~, PrimaryVoltage?~, FromDate:date?,"
    " ToDate:date?, TransmissionNodeIdentifier2:TransmissionNodeIdentifier?~"
)

_STRUCTURED = (
    "FlatOrUnit:{f}FlatOrUnit?, FloorOrLevel:{f}FloorOrLevel?, {building}, LocationDescriptor?~,"
    " House:{f}House{{0,2}}, Lot:{f}Lot?, Street:{f}Street{{0,2}}, PostalDelivery:{f}PostalDelivery?"
)
_BUILDING = "BuildingOrPropertyName{0,2}~"
_R46_BUILDING = "BuildingOrPropertyName?~, ^BuildingOrPropertyName2:BuildingOrPropertyName?~"


def _structured(form: str, building: str) -> str:
    return _STRUCTURED.format(f=form, building=building)


MODELS = {
    "NMI": "=NMIText @checksum:checksum",
    "NMIStandingData": "<!>NMI? @effectiveDateTime:dateTime",
    "ElectricityStandingData": "<NMIStandingData> MasterData?, RoleAssignments?, DataStreams?, MeterRegister?",
    "MasterData": MASTER_START + MASTER_SUPPLY + _MASTER_END,
    "RoleAssignments": "RoleAssignment+",
    "RoleAssignment": "Party:PartyIdentifier?~, Role, FromDate:date?, ToDate:date?",
    "DataStreams": "DataStream+",
    "DataStream": "Suffix~, ProfileName?~, AveragedDailyLoad?~, DataStreamType?~, Status:DataStreamStatus?~,"
    " FromDate:date?, ToDate:date?",
    "MeterRegister": "Meter+",
    "Meter": _METER.format(new=""),
    "RegisterConfiguration": "Register+",
    "Register": "RegisterID?, " + REGISTER_GROUP + ", DirectionIndicator?~, PreviousReading?~, HighLowConsumption?~,"
    " RegisterIndexValue:text?~, FromDate:date?, ToDate:date?",
    "PreviousReading": "Read:Reading, ReadDate:date, Consumption:Reading",
    "HighLowConsumption": "High:Reading, Low:Reading",
    "PartialAddress": "(StructuredAddress:PartialStructuredAddress | UnstructuredAddress)?, SuburbOrPlaceOrLocality?~,"
    " StateOrTerritory?~, PostCode?~, DeliveryPointIdentifier?~",
    "SearchAddress": "StructuredAddress, SuburbOrPlaceOrLocality?~, StateOrTerritory?~, PostCode?~",
    "CompleteAddress": "(StructuredAddress | UnstructuredAddress), SuburbOrPlaceOrLocality?~, StateOrTerritory,"
    " PostCode, DeliveryPointIdentifier?~",
    "UnstructuredAddress": "AddressLine{1,3}~",
    "StructuredAddress": _structured("", _BUILDING),
    "PartialStructuredAddress": _structured("Partial", _BUILDING),
    "FlatOrUnit": "FlatOrUnitType:text, FlatOrUnitNumber",
    "PartialFlatOrUnit": "FlatOrUnitType:text?~, FlatOrUnitNumber?~",
    "FloorOrLevel": "FloorOrLevelType, FloorOrLevelNumber?",
    "PartialFloorOrLevel": "FloorOrLevelType?~, FloorOrLevelNumber?~",
    "House": "HouseNumber, HouseNumberSuffix?",
    "PartialHouse": "HouseNumber?~, HouseNumberSuffix?~",
    "Lot": "LotNumber",
    "PartialLot": "LotNumber?~",
    "Street": "StreetName, StreetType:text?, StreetSuffix:text?",
    "PartialStreet": "StreetName?~, StreetType:text?~, StreetSuffix:text?~",
    "PostalDelivery": "PostalDeliveryType:text, PostalDeliveryNumber?",
    "PartialPostalDelivery": "PostalDeliveryType:text?~, PostalDeliveryNumber?~",
    "PostalDeliveryNumber": "PostalDeliveryNumberPrefix:text?~, PostalDeliveryNumberValue:text?~,"
    " PostalDeliveryNumberSuffix:text?~",
}

R42_MODELS = {
    "MasterData": MASTER_START + MASTER_SUPPLY + NEW_MASTER_FIELDS + _MASTER_END,
    "Meter": _METER.format(new=NEW_METER_FIELDS),
    "GPSCoordinates": "Latitude:text?~, Longitude:text?~",
    "PartialAddress": MODELS["PartialAddress"] + ", GNAFPID:text?~",
    "CompleteAddress": MODELS["CompleteAddress"] + ", GNAFPID:text?~",
    "House": "HouseNumber, HouseNumberSuffix?, HouseNumberTo:HouseNumber?~, HouseNumberToSuffix:HouseNumberSuffix?~",
    "PartialHouse": "HouseNumber?~, HouseNumberSuffix?~, HouseNumberTo:HouseNumber?~,"
    " HouseNumberToSuffix:HouseNumberSuffix?~",
    "Lot": "LotNumber~, SectionNumber:text?~, DPNumber:text?~",
    "PartialLot": "LotNumber?~, SectionNumber:text?~, DPNumber:text?~",
}
R44_SIMPLE = {"MalfunctionExemption": "text ..15"}

R46_MODELS = {
    "MasterData": MASTER_START + MASTER_SUPPLY + NEW_MASTER_FIELDS + R46_MASTER_FIELDS + _MASTER_END,
    "StructuredAddress": _structured("", _R46_BUILDING),
    "PartialStructuredAddress": _structured("Partial", _R46_BUILDING),
}
R46_SIMPLE = {
    "BuildingOrPropertyName": "text 1..50",
    "StreetName": "pattern [A-Za-z0-9 '\\-]{1,45}",
    "FloorOrLevelType": "text 2..4",
}

"""Content tables of C1 replication and C4 answers: blocks, and their rows by type.

Source: aseXML r39_p1 schema set, r44 types, real C1 (2018) and C4 (2021) answers. Our own words and notation.
"""

from __future__ import annotations

from simulator.asexml.content_standing import (
    MASTER_START,
    MASTER_SUPPLY,
    NEW_MASTER_FIELDS,
    NEW_METER_FIELDS,
    PARTICULARS,
    R46_MASTER_FIELDS,
    REGISTER_GROUP,
)

SIMPLE = {
    "ErrorDescription": "text ..255",
    "ResponseStatus": "one of A, R",
    "RowStatus": "one of A, I",
    "TableName": "text ..80",
}

PARTS = {
    "ReplicationParameters": "TableName, CreationFromDate:dateTime, CreationToDate:dateTime, LastSequenceNumber:count,"
    " MaximumRows:count?",
    "ReplicationBlock": "Row+ @tableName:TableName!",
    "Row": "<!>",
    "BaseRow": "<!><Row> SequenceNumber:count, CreationDate:dateTime, MaintenanceDate:dateTime, RowStatus,"
    " UserID:text?",
    "DatedRow": "<!><BaseRow> FromDate:dateTime, ToDate:dateTime",
}

_CODE = "Code:text, Description:text"

DATED = {
    **dict.fromkeys(
        (
            "CATSChangeReasonCodeRow",
            "CATSChangeStatusCodeRow",
            "CATSDataSourceCodeRow",
            "CATSDeregistrationCodeRow",
            "JurisdictionCodeRow",
            "NMIClassificationCodeRow",
            "NMIStatusCodeRow",
            "CATSObjectionCodeRow",
            "CATSReadTypeCodeRow",
            "CATSRetrospectivityCodeRow",
            "TransmissionNodeIdentifierRow",
            "CATSTransactionTypeCodeRow",
        ),
        _CODE,
    ),
    "DistributionLossFactorCodeRow": _CODE + ", Jurisdiction:text, Value:decimal",
    "EmbeddedNetworkIdentifierRow": "Identifier:text, Description:text, Locality:text, State:text, PostCode:text,"
    " ExemptEmbeddedNSP:text?~, DLFCodeParentNMI:text?~, TNICodeParentNMI:text?~",
    "ErrorCodeRow": "Code:count, Description:ErrorDescription",
    "MeterInstallationTypeCodeRow": _CODE + ", ManualRead:YesNo",
    "ProfileRow": "Name:text, Description:text",
    "RoleIdentifierRow": "Identifier:text, Description:text",
    "CATSNetworkTariffCodeRow": "LNSP:PartyIdentifier, " + _CODE,
    "CATSStreamlinedCRCodeRow": "Code:text",
    "CATSChangeInitiationRuleRow": "ChangeReasonCode:text, Role:text, RoleStatus:text",
    "NMIAccessRuleRow": "JurisdictionCode:text, Role:text, Table:text, Field:text",
    "NMISearchRuleRow": "JurisdictionCode:text, Role:text, SearchOnDPID:text, SearchOnAddress:text,"
    " SearchOnMeterIdentifier:text, NMIReturnCount:text",
    "CATSJurisdictionalRuleRow": "ChangeReasonCode:text, JurisdictionCode:text, ObjectionLodgementPeriod:text,"
    " ObjectionClearancePeriod:text, NotificationPeriod:text, ProspectiveDays:text, RetrospectiveDays:text,"
    " TimeOfChange:text?~, NMIClassificationCode:text",
    "CATSNotificationRuleRow": "ChangeReasonCode:text, Role:text, RoleStatus:text, ChangeStatusCode:text,"
    " TransactionTypeCode:text",
    "CATSObjectionRuleRow": "ChangeReasonCode:text, JurisdictionCode:text, Role:text, RoleStatus:text,"
    " NMIClassificationCode:text, ObjectionCode:text, Description:text",
    "CATSStandingDataAccessRuleRow": "JurisdictionCode:text, Role:text, TableName:text, DataItem:text",
    "ParticipantRow": "ParticipantID:PartyIdentifier, Name:text, ShortName:text?~, ContactPhoneArea:text,"
    " ContactPhone:text, ContactMobile:text?~, Address1:text?~, Address2:text?~, Address3:text?~, City:text?~,"
    " State:text?~, Postcode:text?~, Country:text?~, DeregistrationCode:text?~",
    "ParticipantRolesRow": "ParticipantID:PartyIdentifier, Role:text",
    "CATSTransactionFieldValidationRow": "TransactionTypeCode:text, ChangeReasonCode:text, Field:text, Table:text,"
    " DataSourceCode:text, ProvideRole:text?~, MustComplete:text?~, RoleStatusNeeded:text?~",
}

_FLAT_ADDRESS = (
    " ^FlatOrUnitType:text?~, ^FlatOrUnitNumber?~, ^FloorOrLevelType?~, ^FloorOrLevelNumber?~,"
    " ^BuildingOrPropertyName?~, ^BuildingOrPropertyName2:BuildingOrPropertyName?~, ^LocationDescriptor?~,"
    " ^HouseNumber?~, ^HouseNumberSuffix?~, ^HouseNumber2:HouseNumber?~, ^HouseNumber2Suffix:HouseNumberSuffix?~,"
    " ^LotNumber?~, ^StreetName?~, ^StreetType:text?~, ^StreetSuffix:text?~, ^AddressLine1:AddressLine?~,"
    " ^AddressLine2:AddressLine?~, ^AddressLine3:AddressLine?~, ^SuburbOrPlaceOrLocality?~, ^StateOrTerritory?~,"
    " ^PostCode?~, ^DeliveryPointIdentifier?~,"
)
"""The address again as flat columns: published by name only, so their order is free. Real rows use none of them."""

_NEW_FLAT_ADDRESS = (
    " ^HouseNumberTo:HouseNumber?~, ^HouseNumberToSuffix:HouseNumberSuffix?~, ^SectionNumber:text?~, ^DPNumber:text?~,"
    " ^GNAFPID:text?~,"
)
_MASTER_END = " TransmissionNodeIdentifier2:TransmissionNodeIdentifier?~"
_MASTER = MASTER_START + _FLAT_ADDRESS + MASTER_SUPPLY
_MASTER_R43 = MASTER_START + _FLAT_ADDRESS + _NEW_FLAT_ADDRESS + MASTER_SUPPLY + NEW_MASTER_FIELDS
_STREAM = "Suffix, ProfileName?~, AveragedDailyLoad?~, DataStreamType?~, Status:DataStreamStatus?~"
_ROLE = "Party:PartyIdentifier~, Role"
_REGISTER = "SerialNumber, RegisterID, " + REGISTER_GROUP
_PARTICULARS = PARTICULARS.replace("SerialNumber?~", "SerialNumber")


def _rows(master: str, particulars: str) -> dict[str, str]:
    """NMI tables and, with the same groups, what change requests carry (their row type names are by analogy)."""
    groups = {
        "Master": (master, "ElectricityNMIMasterRow"),
        "DataStream": (_STREAM, "ElectricityNMIDataStreamRow"),
        "Meter": (particulars.removeprefix("NMI, "), "ElectricityNMIMeterRow"),
        "Role": (_ROLE, "ElectricityNMIRoleRow"),
        "MeterRegister": (_REGISTER, "ElectricityNMIMeterRegisterRow"),
    }
    held = {name: "<DatedRow> NMI, " + content for content, name in groups.values()}
    asked = {
        f"ElectricityCATSChangeRequestNMI{stem}Row": "<BaseRow> RequestID, " + content
        for stem, (content, _) in groups.items()
    }
    return held | asked


BASE = {
    "NMIRangesRow": "Participant:PartyIdentifier?~, NMIBlockFrom:text?~, NMIBlockTo:text?~, NMIRangesAttribute:text",
    "MSATSCodeValuesRow": "Type:text, Value:text, Description:text",
    "NationalCalendarRow": "Date:date, Type:text, Description:text",
    "CATSChangeRequestRow": "RequestID, ChangeReasonCode, ChangeStatusCode, Participant:PartyIdentifier,"
    " TransactionID, TransactionDate:dateTime?~, ProposedDate:date?~, ActualChangeDate:date?~,"
    " MeterReadTypeCode?~, ActualEndDate:date?~, InitiatingRequestID:RequestID?~, NMI?~",
    "CATSChangeResponseRow": "RequestID, NMI, Participant:PartyIdentifier, InitiatingTransactionID:TransactionID,"
    " TransactionID, Status:ResponseStatus, TransactionTypeCode:text?",
    "CATSErrorsRow": "TransactionID, Code:text, Explanation:text?~",
    "CATSObjectionRow": "ObjectionID:RequestID, ObjectionCode, RequestID, Role?, Participant:PartyIdentifier,"
    " TransactionID, TransactionTypeCode:text?",
    "CATSObjectionResponseRow": "ObjectionID:RequestID, ObjectionCode, RequestID, Role, Participant:PartyIdentifier,"
    " InitiatingTransactionID:TransactionID, TransactionID, Status:ResponseStatus, TransactionTypeCode:text?",
    "CATSNotificationRow": "Participant:PartyIdentifier, RequestID, ChangeStatusCode, Role, RoleStatus, TransactionID,"
    " ObjectionID:RequestID?~, ObjectionCode?~, ObjectionAction?~, ObjectingParticipant:PartyIdentifier?~",
    "CATSDataRequestRow": "Participant:PartyIdentifier, TransactionID, DataRequest:open",
}

ROWS = (
    PARTS
    | {name: "<DatedRow> " + content for name, content in DATED.items()}
    | {name: "<BaseRow> " + content for name, content in BASE.items()}
    | _rows(_MASTER + _MASTER_END, _PARTICULARS.format(new=""))
)
R42_ROWS = _rows(_MASTER + _MASTER_END, _PARTICULARS.format(new=NEW_METER_FIELDS))
R43_ROWS = {
    **_rows(_MASTER_R43 + _MASTER_END, _PARTICULARS.format(new=NEW_METER_FIELDS)),
    "ParticipantRolesRow": "<DatedRow> ParticipantID:PartyIdentifier, Role:text, RoleCategory:text?",
    **dict.fromkeys(
        ("MSATSCodesRow", "MSATSCodesDatedRow", "MSATSCodeGroupsRow", "MSATSCodeComboRow", "NodeHierarchyRow"),
        "<Row> ...",
    ),
}
"""The five new rows are known by name, their fields without order: anything is accepted in them."""
R46_ROWS = _rows(_MASTER_R43 + R46_MASTER_FIELDS + _MASTER_END, _PARTICULARS.format(new=NEW_METER_FIELDS))

TABLES = {
    "CATS_CHANGE_REASON_CODES": ("CATSChangeReasonCodes", "CATSChangeReasonCodeRow"),
    "CATS_CR_STATUS_CODES": ("CATSChangeStatusCodes", "CATSChangeStatusCodeRow"),
    "CATS_DATA_SOURCE_CODES": ("CATSDataSourceCodes", "CATSDataSourceCodeRow"),
    "CATS_DEREG_CODES": ("CATSDeregistrationCodes", "CATSDeregistrationCodeRow"),
    "CATS_DLF_CODES": ("DistributionLossFactorCodes", "DistributionLossFactorCodeRow"),
    "CATS_EMB_NET_ID_CODES": ("EmbeddedNetworkIdentifiers", "EmbeddedNetworkIdentifierRow"),
    "CATS_ERROR_CODES": ("ErrorCodes", "ErrorCodeRow"),
    "CATS_JURISDICTION_CODES": ("JurisdictionCodes", "JurisdictionCodeRow"),
    "CATS_METER_INSTALL_TYPE_CODES": ("MeterInstallationTypeCodes", "MeterInstallationTypeCodeRow"),
    "CATS_NMI_CLASS_CODES": ("NMIClassificationCodes", "NMIClassificationCodeRow"),
    "CATS_NMI_STATUS_CODES": ("NMIStatusCodes", "NMIStatusCodeRow"),
    "CATS_OBJECTION_CODES": ("CATSObjectionCodes", "CATSObjectionCodeRow"),
    "CATS_PROFILE_NAMES_SEE_MDM": ("ProfileNames", "ProfileRow"),
    "CATS_READ_TYPE_CODES": ("CATSReadTypeCodes", "CATSReadTypeCodeRow"),
    "CATS_RETROSPECTIVITY_CODES": ("CATSRetrospectivityCodes", "CATSRetrospectivityCodeRow"),
    "CATS_ROLES": ("RoleIdentifiers", "RoleIdentifierRow"),
    "CATS_TNI_CODES": ("TransmissionNodeIdentifiers", "TransmissionNodeIdentifierRow"),
    "CATS_TRANS_TYPE_CODES": ("CATSTransactionTypeCodes", "CATSTransactionTypeCodeRow"),
    "CATS_NETWORKTARIFF_CODES": ("CATSNetworkTariffCodes", "CATSNetworkTariffCodeRow"),
    "CATS_STREAMLINED_CR_CODES": ("CATSStreamlineCRCodes", "CATSStreamlinedCRCodeRow"),
    "MSATS_CODE_VALUES": ("MSATSCodeValues", "MSATSCodeValuesRow"),
    "CATS_CR_INITIATION_RULES": ("CATSChangeInitiationRules", "CATSChangeInitiationRuleRow"),
    "CATS_DISCOVERY_ACCESS_RULES": ("NMIAccessRules", "NMIAccessRuleRow"),
    "CATS_DISCOVERY_SEARCH_RULES": ("NMISearchRules", "NMISearchRuleRow"),
    "CATS_JURISDICTIONAL_RULES": ("CATSJurisdictionalRules", "CATSJurisdictionalRuleRow"),
    "CATS_NOTIFICATION_RULES": ("CATSNotificationRules", "CATSNotificationRuleRow"),
    "CATS_OBJECTION_RULES": ("CATSObjectionRules", "CATSObjectionRuleRow"),
    "CATS_STANDING_DATA_ACCESS_RULES": ("CATSStandingDataAccessRules", "CATSStandingDataAccessRuleRow"),
    "CATS_PARTICIPANTS": ("Participants", "ParticipantRow"),
    "CATS_PARTICIPANT_ROLES": ("ParticipantRoles", "ParticipantRolesRow"),
    "CATS_TRANS_FIELD_VALIDATION": ("CATSTransactionFieldValidations", "CATSTransactionFieldValidationRow"),
    "MSATS_NATIONAL_CALENDER": ("NationalCalendar", "NationalCalendarRow"),
    "CATS_NMI_DATA": ("ElectricityNMIMaster", "ElectricityNMIMasterRow"),
    "CATS_NMI_DATA_STREAM": ("ElectricityNMIDataStreams", "ElectricityNMIDataStreamRow"),
    "CATS_METER_REGISTER": ("ElectricityNMIMeters", "ElectricityNMIMeterRow"),
    "CATS_NMI_PARTICIPANT_RELATIONS": ("ElectricityNMIRoles", "ElectricityNMIRoleRow"),
    "CATS_REGISTER_IDENTIFIER": ("ElectricityNMIMeterRegisters", "ElectricityNMIMeterRegisterRow"),
    "CATS_INBOUND_CHANGE_REQUEST": ("CATSChangeRequests", "CATSChangeRequestRow"),
    "CATS_OUTBOUND_CHANGE_REQUESTS": ("CATSChangeResponses", "CATSChangeResponseRow"),
    "CATS_OUTBOUND_ERRORS": ("CATSErrors", "CATSErrorsRow"),
    "CATS_INBOUND_OBJECTIONS": ("CATSObjections", "CATSObjectionRow"),
    "CATS_OUTBOUND_OBJECTIONS": ("ElectricityObjectionResponses", "CATSObjectionResponseRow"),
    "CATS_OUTBOUND_NOTIFICATIONS": ("CATSNotifications", "CATSNotificationRow"),
    "CATS_OUTBOUND_REQUESTS": ("CATSDataRequests", "CATSDataRequestRow"),
    "CATS_NMI_RANGES": ("NMIRanges", "NMIRangesRow"),
}
"""The name a C1 request uses (compare without case) → the block's tableName and the type of its rows."""

"""Content tables of the transactions of CATS, NMID, MDMT, MTRD and HMGT.

Source: aseXML r39_p1 schema set (CATS frozen since r29), r44 types, HubManagement r37. Our own words and notation.
"""

from __future__ import annotations

SIMPLE = {
    "AccessContractName": "text 1..50",
    "ActivityID": "integer 0..999999999999999",
    "AlertAction": "one of ADD, REMOVE",
    "AlertType": "text ..50",
    "Cause": "text ..80",
    "ChangeReasonCode": "text ..4",
    "ChangeStatusCode": "text ..4",
    "ContextID": "text ..50",
    "CSVDescription": "text ..80",
    "CSVName": "text ..10",
    "MessageType": "one of Transaction Message, Transaction Acknowledgement, Message Acknowledgement",
    "MeterReadTypeCode": "text ..2",
    "Name80": "text ..80",
    "ObjectionAction": "one of Raised, Withdrawn",
    "ObjectionCode": "text ..8",
    "ReadQuality": "text 1",
    "ReadingGroupContext": "one of NMI, Site, Route",
    "RecordCount": "integer 0..9999999999",
    "RequestID": "integer 1..999999999999999",
    "RestMethod": "text ..10",
    "RoleStatus": "one of N, C",
    "Text100": "text ..100",
    "Text15": "text ..15",
}

_CHANGE = (
    "ChangeReasonCode, (ProposedDate:date | ActualChangeDate:date), MeterReadTypeCode?, ActualEndDate:date?,"
    " InitiatingRequestID:RequestID?, NMIStandingData, AccessContract?"
)
_OBJECTION = "InitiatingRequestID:RequestID, Role, ObjectionCode"
_LOADED = "ActivityID, AcceptedCount:count, LoadDate:dateTime, Event*"

CATS = {
    "CATSChangeRequest": _CHANGE,
    "CATSChangeResponse": "RequestID, Event+",
    "CATSChangeWithdrawal": "RequestID",
    "CATSObjectionRequest": _OBJECTION,
    "CATSObjectionResponse": "ObjectionID:RequestID, Event+",
    "CATSObjectionWithdrawal": "ObjectionID:RequestID, " + _OBJECTION,
    "CATSNotification": "Role, RoleStatus, ChangeRequest, Objection?, JurisdictionCode?, NMIClassificationCode?,"
    " NMIStatus?, ObjectionEndDate:date?",
    "CATSDataRequest": "Role, RoleStatus, InitiatingRequestID:RequestID, ActualChangeDate:date?~, NMIStandingData",
    "CATSChangeAlert": "InitiatingRequestID:RequestID, Role, RoleStatus, Participant:PartyIdentifier, Event*",
    "CATSBulkDataRequest": "BulkData+",
    "CATSBulkDataResponse": "CATSBulkDataBlock+",
}
NMID = {
    "NMIDiscoveryRequest": "JurisdictionCode, DeliveryPointIdentifier?, Address:SearchAddress?,"
    " MeterSerialNumber:SerialNumber?",
    "NMIDiscoveryResponse": "NMIStandingData*, Event+",
    "NMIStandingDataRequest": "NMI:NMIWithChecksum, Type:Text15?, Reason:Text15?",
    "NMIStandingDataResponse": "NMIStandingData?, PreviousReadDates?, Event+",
    "NMIStandingDataUpdateNotification": "(SingleNMIStandingData:NMIStandingData | CSVNMIStandingData:CSVRecords)",
    "NMIStandingDataUpdateResponse": _LOADED,
}
METER_DATA = {
    "MeterDataNotification": "RecordCount?, (CSVConsumptionData:CSV~ | CSVIntervalData:CSV~ | CSVProfileData:CSV~),"
    " ParticipantRole?, MeterReadingGroup?",
    "MeterDataResponse": _LOADED,
    "SettlementDataNotification": "(CSVAggregatedSettlementData:CSV | CSVNonAggregatedSettlementData:CSV)",
    "MeterDataVerifyRequest": "VerifyRequestData",
    "MeterDataVerifyResponse": "...",
    "MeterDataHistoryRequest": "(SingleHistoryRequestData:open | CSVHistoryRequestData:CSVRecords)",
    "MeterDataHistoryResponse": "CSVHistoryResponseData:CSVHistory",
    "MeterDataMissingNotification": "(MissingMeterData:open | CSVMissingMeterData:open)",
    "AccountCreationNotification": "AccountCreationData:NMIStandingData",
    "MeterReadInputNotification": "ReadInputData:open",
}
HUB = {
    "HubFlowControlReport": "RequestParameters?, ResultCount:count, FlowControlStandingData:FlowControlAlerts",
    "HubQueueReport": "RequestParameters?, ResultCount:count, MessageDetails",
    "HubFlowControlAlertNotification": "FlowControlAlerts",
    "PayloadExceptionAlert": "InitiatingAPIReference?, MessageType, MessageInitiator:PartyIdentifier, MessageID?,"
    " InitiatingMessageID:MessageID?, MessageContextID:ContextID, AlertDateTime:dateTime, Event",
}

PARTS = {
    "AccessContract": "Name:AccessContractName?, Date:date?",
    "ChangeRequest": "Participant:PartyIdentifier~, RequestID, ChangeStatusCode, ChangeData",
    "ChangeData": _CHANGE,
    "Objection": "Participant:PartyIdentifier, ObjectionID:RequestID, ObjectionAction, ObjectionData,"
    " ObjectionDate:date?",
    "ObjectionData": _OBJECTION,
    "BulkData": "NMIStandingData, BDTGroupings",
    "BDTGroupings": "BDTGrouping+",
    "BDTGrouping": "Name:text",
    "CATSBulkDataBlock": "NMI, BDTGroupings, Row+, Event+",
    "NMIWithChecksum": "=NMIText @checksum:checksum!",
    "PreviousReadDates": "(PreviousReadDate+ | Event)",
    "PreviousReadDate": "ReadDate:date, ReadQuality",
    "CSV": "=text @Name:CSVName @Description:CSVDescription",
    "CSVRecords": "RecordCount, CSVData:CSV~",
    "CSVHistory": "RecordCount, CSVData:CSV~, Event*",
    "ParticipantRole": "Party:PartyIdentifier?~, Role, FromDate:date?, ToDate:date?",
    "MeterReadingGroup": "MeterReadingGroupId:text @context:ReadingGroupContext",
    "VerifyRequestData": "<!>",
    "ElectricityProvideMeterRequestData": "<VerifyRequestData> NMI?, NMIStandingData, RequestPeriod",
    "ElectricityVerifyMeterRequestData": "<VerifyRequestData> NMI?, NMIStandingData, InvestigationCode:text,"
    " InvestigationDescription, RequestPeriod, Current:open?, NMIConfiguration?",
    "RequestPeriod": "BeginDate:moment, EndDate:moment?",
    "InvestigationDescription": "CommentLine:text{1,3}",
    "NMIConfiguration": "NMISuffix:Suffix+",
    "RequestParameters": "Parameter:RequestParameter+",
    "RequestParameter": "Name:Text100, Value:Text100",
    "FlowControlAlerts": "FlowControlAlert*",
    "FlowControlAlert": "AlertType, Action:AlertAction?, ParticipantID:PartyIdentifier, StopFileName:text?, Cause,"
    " StopDateTime:dateTime?, RemoveDateTime:dateTime?",
    "MessageDetails": "MessageMetaData*",
    "MessageMetaData": "TransactionGroup?, Priority?, FromParticipantID:PartyIdentifier?, MessageID?,"
    " InitiatingMessageID:MessageID?, MessageType, MessageContextID:ContextID, ReceivedDateTime:dateTime",
    "InitiatingAPIReference": "Name:Name80?, Resource:Name80?, Method:RestMethod?",
}

OPEN = {"SharedFuseNotification": "..."}
"""Named in the facts without their content: read at envelope depth."""

TRANSACTIONS = CATS | NMID | METER_DATA | HUB | OPEN

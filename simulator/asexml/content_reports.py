"""Content tables of reports: requests, their parameters by type, and the formats results come in.

Source: aseXML r39_p1 schema set; r44 release notes for what r44 dropped and added. Our own words and notation.
"""

from __future__ import annotations

SIMPLE = {
    "DetailedType": "one of Summary, Detailed",
    "DiscoveryReportType": "one of SourceContent, Statistic",
    "NMISelection": "one of SecondTierNMIs, AllNMIs",
    "ReportName": "text ..80",
    "SettlementRun": "one of RREV2, RREV1, SPECIAL, PRELIMINARY, FINAL",
    "StatisticsType": "one of Public, Internal",
    "YesNo": "one of Yes, No",
}

TRANSACTIONS = {
    "ReportRequest": "ReportParameters",
    "ReportResponse": "ReportParameters, ResultBlock?, ReportResults?, Event+",
    "ReplicationRequest": "ReplicationParameters",
    "ReplicationNotification": "ReplicationParameters?, ReplicationBlock*, Event*",
}

PARTS = {
    "ReportParameters": "<!>ReportName, MaximumRows:count?",
    "ReportResults": "<!>",
    "ResultBlock": "TotalBlockNumber:count, CurrentBlockNumber:count",
    "CSVReportFormat": "<ReportResults> CSVData:CSV",
    "ReplicationReportFormat": "<ReportResults> ReplicationBlock+",
    "CATSNewParticipantAccessReportFormat": "<ReportResults> NMIStandingData",
    "CATSMsatsLimitsReportFormat": "<ReportResults> MsatsLimits",
    "CATSParticipantSystemStatusReportFormat": "<ReportResults> ParticipantSystemsStatus",
    "MsatsLimits": "Participant:PartyIdentifier, Group:text?, GroupMembers?, Cr:Limit, CrNotification:Limit,"
    " NsrdNotification:Limit, NsrdResponse:Limit, OutboxFile:Limit, Report:Limit",
    "GroupMembers": "GroupMember:text+",
    "Limit": "(DefaultLimit:count | LowerLimit:count), UpperLimit:count, ParticipantActual:count, GroupActual:count?,"
    " StopFlag:text",
    "ParticipantSystemsStatus": "ParticipantSystemStatus+",
    "ParticipantSystemStatus": "System:text, ModeType:text, TransactionGroups?, Box:text?, Status:text,"
    " Description:text?, Reason:text?, Resolution:text?, StartTime:dateTime, HeartbeatTime:dateTime",
    "TransactionGroups": "TransactionGroup:text+",
    "Parameters": "Parameter+",
    "Parameter": "<!>",
    **{
        f"{kind}Parameter": f"<Parameter> Name:text, Value:{type_}~, Description:text?"
        for kind, type_ in (
            ("String", "text"),
            ("Date", "date"),
            ("DateTime", "dateTime"),
            ("Integer", "integer"),
            ("Boolean", "boolean"),
            ("Decimal", "decimal"),
            ("Time", "time"),
        )
    },
    "Tables": "Table:text+",
}

_DATES = "FromDate:date, ToDate:date"
_SELECTED = (
    "LastSequenceNumber:count?, (NMI | (NMIClassificationCode, JurisdictionCode)), ExcludeParticipant:text?,"
    " Participant:PartyIdentifier, ExcludeRole:text?, "
)
_DATE_GROUP = "FromDate:date, ToDate:date, AsAtDate:dateTime, LastSequenceNumber:count?"
_CASE_GROUP = "SettlementCase:integer, FromDate:moment?, ToDate:moment?, LastSequenceNumber:count?"
_MDP = "MDP:PartyIdentifier"

CATS_PARAMETERS = {
    "GenericReportParameters": "Parameters?",
    "DateRangeReportParameters": "FromDate:dateTime, ToDate:dateTime",
    "CATSNMIAuditReportParameters": _DATES + ", AsAtFromDate:dateTime, AsAtToDate:dateTime, NMI",
    "CATSChangeManagementReportParameters": _DATES + ", AsAtDate:dateTime, " + _SELECTED + "Role?",
    "CATSMasterReportParameters": _DATES + ", AsAtDate:date, " + _SELECTED + "Role, ReportType:DetailedType",
    "CATSStatisticsReportParameters": _DATES + ", ReportType:StatisticsType",
    "CATSNMIDiscoveryReportParameters": _DATES + ", LastSequenceNumber:count?, (NMI | JurisdictionCode)?,"
    " Participant:PartyIdentifier, ReportType:DiscoveryReportType",
    "CATSNewParticipantAccessReportParameters": "RequestID",
    "CATSSnapshotReportParameters": "Participant:PartyIdentifier, AsAtDateTime:dateTime, Tables,"
    " LastSequenceNumber:count?",
    "CATSMsatsLimitsReportParameters": "",
    "CATSStandingDataQualityReportParameters": "RunDate:dateTime",
    "CATSSDRTrafficLightReportParameters": "StatsDate:moment",
}
_MDMT = {
    "MDPDataDelivery": _DATE_GROUP + ", DataType:text, " + _MDP + ", NMI?, LoadDate:moment?",
    "DatePPSBMPGenerated": _DATE_GROUP,
    "ActualvsEstimate": _DATE_GROUP + ", DataType:text?, " + _MDP + "?",
    "MSPLoadAggregationError": "SettlementCase:integer, LastSequenceNumber:count?",
    "MissingData": _DATE_GROUP + ", " + _MDP + "?, NMI?, DataType:text, NMISelection",
    "WholesaleMaxValue": _DATE_GROUP + ", MaxValue:decimal",
    "NMIDataStreamsHistory": _DATE_GROUP + ", NMI, DataType:text",
    "DataVersionComparison": _DATE_GROUP + ", NMI, LoadDate1:moment, LoadDate2:moment,"
    " ReportNonZeroDifference:YesNo, DataType:text",
    "MultipleVersions": _DATE_GROUP + ", " + _MDP + ", DataType:text, Versions:count?, NMI?",
    "SettlementCaseDateRange": _CASE_GROUP + ", SettlementRun?",
    "Level3SettlementReconciliation": _CASE_GROUP + ", NMI",
    "ElectricityIntervalData": _DATE_GROUP
    + ", TransmissionNodeIdentifier, FRMP:PartyIdentifier, LR:PartyIdentifier, "
    + _MDP
    + ", MDPVersion:text?, NMI?",
    "PPS": "(SettlementCase:integer | AsAtDate:dateTime), FromDate:moment?, ToDate:moment?, LastSequenceNumber:count?,"
    " ProfileName?, MDPVersion:text?",
    "Level2SettlementReconciliation": _CASE_GROUP + ", TransmissionNodeIdentifier, FRMP:PartyIdentifier?,"
    " LR:PartyIdentifier, " + _MDP + "?",
    "SettlementCaseData": "SettlementCase:integer",
    "HighPriorityMissingData": _DATES + ", AsAtDate:dateTime, " + _MDP + "?",
    "DataStreamMissingData": _DATES + ", AsAtDate:dateTime, " + _MDP + "?",
    "MismatchData": _DATES + ", AsAtDate:dateTime, " + _MDP + "?",
    "MeterDataDelivery": "FromDate:moment, ToDate:moment",
}
MDMT_PARAMETERS = {
    **{f"MDMT{stem}ReportParameters": content for stem, content in _MDMT.items()},
    "UFEFactorValuesByLocalAreaReportParameters": "SettlementCase:integer, LocalArea:text?",
    "UFEValidationReportParameters": "SettlementCase:integer, LocalArea:text?",
}
PARAMETERS = {name: "<ReportParameters> " + content for name, content in (CATS_PARAMETERS | MDMT_PARAMETERS).items()}

R44_PARAMETERS = {
    "MDMTSettlementCaseDetailsReportParameters": "<ReportParameters> SettlementCase:integer, ^ProfileArea:text?,"
    " ^TransmissionNodeIdentifier?, ^NMI?",
}
R44_DROPPED = tuple(
    f"MDMT{stem}ReportParameters"
    for stem in (
        "MDPDataDelivery",
        "DatePPSBMPGenerated",
        "MSPLoadAggregationError",
        "WholesaleMaxValue",
        "DataVersionComparison",
        "MultipleVersions",
        "ElectricityIntervalData",
    )
)
"""RM7, 8, 10, 12, 14, 15, 18. RM19 is gone too, but its parameter type is shared with RM16 and RM22."""

REPORTS = {
    "NMIAudit": "CATSNMIAuditReportParameters",
    "ChangeManagement": "CATSChangeManagementReportParameters",
    "Master": "CATSMasterReportParameters",
    "Statistics": "CATSStatisticsReportParameters",
    "NMIDiscovery": "CATSNMIDiscoveryReportParameters",
    "NewParticipantAccess": "CATSNewParticipantAccessReportParameters",
    "C8": "DateRangeReportParameters",
    "Snapshot": "CATSSnapshotReportParameters",
    "MSATSLimits": "CATSMsatsLimitsReportParameters",
    "ParticipantSystemStatus": "GenericReportParameters",
    "MDPDataDelivery": "MDMTMDPDataDeliveryReportParameters",
    "DatePPSBMPGenerated": "MDMTDatePPSBMPGeneratedReportParameters",
    "ActualvsEstimate": "MDMTActualvsEstimateReportParameters",
    "MSPLoadAggregationError": "MDMTMSPLoadAggregationErrorReportParameters",
    "MissingData": "MDMTMissingDataReportParameters",
    "WholesaleMaxValue": "MDMTWholesaleMaxValueReportParameters",
    "NMIDataStreamsHistory": "MDMTNMIDataStreamsHistoryReportParameters",
    "DataVersionComparison": "MDMTDataVersionComparisonReportParameters",
    "MultipleVersions": "MDMTMultipleVersionsReportParameters",
    "Level1SettlementReconciliation": "MDMTSettlementCaseDateRangeReportParameters",
    "AggregatedActualvsEstimate": "MDMTSettlementCaseDateRangeReportParameters",
    "DataEstimation": "MDMTSettlementCaseDateRangeReportParameters",
    "Level3SettlementReconciliation": "MDMTLevel3SettlementReconciliationReportParameters",
    "ElectricityIntervalData": "MDMTElectricityIntervalDataReportParameters",
    "PPS": "MDMTPPSReportParameters",
    "Level2SettlementReconciliation": "MDMTLevel2SettlementReconciliationReportParameters",
    "SettlementAggregatedData": "MDMTSettlementCaseDataReportParameters",
    "SettlementNonAggregatedData": "MDMTSettlementCaseDataReportParameters",
    "SettlementProfileShape": "MDMTSettlementCaseDataReportParameters",
    "HighPriorityMissingData": "MDMTHighPriorityMissingDataReportParameters",
    "DataStreamMissingData": "MDMTDataStreamMissingDataReportParameters",
    "MismatchData": "MDMTMismatchDataReportParameters",
    "UFEFactorValuesByLocalArea": "UFEFactorValuesByLocalAreaReportParameters",
    "UFEValidation": "UFEValidationReportParameters",
    "RegulatedSAPSGeneratorReconciliation": "MDMTSettlementCaseDetailsReportParameters",
}
"""Report name → the type of its parameters."""

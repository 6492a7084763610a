"""Made-up messages for the codec's tests: one example per transaction, written by hand from the documented shapes."""

from __future__ import annotations

XSI = "http://www.w3.org/2001/XMLSchema-instance"

NMI = '<NMI checksum="3">4102034567</NMI>'
STANDING = f'<NMIStandingData xsi:type="ase:ElectricityStandingData">{NMI}</NMIStandingData>'
CHANGE = (
    "<ChangeReasonCode>1000</ChangeReasonCode><ProposedDate>2026-03-02</ProposedDate>"
    f"<MeterReadTypeCode>RR</MeterReadTypeCode>{STANDING}"
)
OK = '<Event severity="Information"><Code>0</Code><Explanation>Success</Explanation></Event>'
FULL_STANDING = f"""<NMIStandingData xsi:type="ase:ElectricityStandingData">{NMI}
  <MasterData><JurisdictionCode>NSW</JurisdictionCode><NMIClassificationCode>SMALL</NMIClassificationCode>
    <TransmissionNodeIdentifier>NABC</TransmissionNodeIdentifier><DistributionLossFactorCode>XYZ1</DistributionLossFactorCode>
    <Address><StructuredAddress><FlatOrUnit><FlatOrUnitType>U</FlatOrUnitType><FlatOrUnitNumber>3</FlatOrUnitNumber></FlatOrUnit>
      <House><HouseNumber>12</HouseNumber><HouseNumberSuffix>A</HouseNumberSuffix></House>
      <Street><StreetName>Made Up</StreetName><StreetType>ST</StreetType></Street></StructuredAddress>
      <SuburbOrPlaceOrLocality>Nowhere</SuburbOrPlaceOrLocality><StateOrTerritory>NSW</StateOrTerritory><PostCode>2000</PostCode>
      <DeliveryPointIdentifier>12345678</DeliveryPointIdentifier></Address>
    <Status>A</Status><CustomerClassificationCode>RESIDENTIAL</CustomerClassificationCode>
    <CustomerThresholdCode>LOW</CustomerThresholdCode></MasterData>
  <RoleAssignments><RoleAssignment><Party>RETAILA</Party><Role>FRMP</Role></RoleAssignment>
    <RoleAssignment><Party xsi:nil="true"/><Role>MDP</Role></RoleAssignment></RoleAssignments>
  <DataStreams><DataStream><Suffix>E1</Suffix><ProfileName>NOPROF</ProfileName><AveragedDailyLoad>12</AveragedDailyLoad>
    <DataStreamType>Interval</DataStreamType><Status>A</Status></DataStream></DataStreams>
  <MeterRegister><Meter><SerialNumber>M0001</SerialNumber><NextScheduledReadDate>2026-04-01</NextScheduledReadDate>
      <InstallationTypeCode>COMMS4D</InstallationTypeCode><Status>C</Status></Meter>
    <Meter><SerialNumber>M0001</SerialNumber><RegisterConfiguration><Register><RegisterID>E1</RegisterID>
      <NetworkTariffCode>N1</NetworkTariffCode><UnitOfMeasure>KWH</UnitOfMeasure><TimeOfDay>INTERVAL</TimeOfDay>
      <Multiplier>1</Multiplier><DialFormat>5.2</DialFormat><Suffix>E1</Suffix><ControlledLoad>NO</ControlledLoad>
      <ConsumptionType>Actual</ConsumptionType><Status>C</Status></Register></RegisterConfiguration></Meter></MeterRegister>
</NMIStandingData>"""
ROW = (
    "<SequenceNumber>1</SequenceNumber><CreationDate>2020-01-01T00:00:00+10:00</CreationDate>"
    "<MaintenanceDate>2020-01-01T00:00:00+10:00</MaintenanceDate><RowStatus>A</RowStatus>"
)
DATED = ROW + "<FromDate>0001-01-01T00:00:00+10:00</FromDate><ToDate>9999-12-31T00:00:00+10:00</ToDate>"
MASTER_PARAMETERS = (
    '<ReportParameters xsi:type="ase:CATSMasterReportParameters"><ReportName>Master</ReportName>'
    "<FromDate>2026-01-01</FromDate><ToDate>2026-02-01</ToDate><AsAtDate>2026-02-01</AsAtDate>"
    "<LastSequenceNumber>0</LastSequenceNumber><NMI>4102034567</NMI><Participant>RETAILA</Participant>"
    "<Role>FRMP</Role><ReportType>Detailed</ReportType></ReportParameters>"
)
C4_ROWS = {
    "ElectricityNMIMaster": f'<Row xsi:type="ase:ElectricityNMIMasterRow" xmlns:xsi="{XSI}">{DATED}'
    "<NMI>4102034567</NMI><JurisdictionCode>NSW</JurisdictionCode><Status>A</Status></Row>",
    "ElectricityNMIRoles": f'<Row xsi:type="ase:ElectricityNMIRoleRow">{DATED}<NMI>4102034567</NMI>'
    "<Party>RETAILA</Party><Role>FRMP</Role></Row>",
    "ElectricityNMIDataStreams": f'<Row xsi:type="ase:ElectricityNMIDataStreamRow">{DATED}<NMI>4102034567</NMI>'
    "<Suffix>E1</Suffix></Row>",
    "ElectricityNMIMeters": f'<Row xsi:type="ase:ElectricityNMIMeterRow">{DATED}<NMI>4102034567</NMI>'
    "<SerialNumber>M1</SerialNumber><Status>C</Status></Row>",
    "ElectricityNMIRegisterConfiguration": f'<Row xsi:type="ase:ElectricityNMIMeterRegisterRow">{DATED}'
    "<NMI>4102034567</NMI><SerialNumber>M1</SerialNumber><RegisterID>E1</RegisterID><Status>C</Status></Row>",
}
_LIMIT = "<UpperLimit>{0}</UpperLimit><ParticipantActual>0</ParticipantActual><StopFlag>N</StopFlag>"
_LIMITS = "".join(
    f"<{name}><{low}>100</{low}>{_LIMIT.format(100)}</{name}>"
    for name, low in (
        ("Cr", "DefaultLimit"),
        ("CrNotification", "DefaultLimit"),
        ("NsrdNotification", "LowerLimit"),
        ("NsrdResponse", "LowerLimit"),
        ("OutboxFile", "LowerLimit"),
        ("Report", "LowerLimit"),
    )
)
_OBJECTION = "<InitiatingRequestID>77</InitiatingRequestID><Role>FRMP</Role><ObjectionCode>BADDATA</ObjectionCode>"
_LOADED = (
    f"<ActivityID>1</ActivityID><AcceptedCount>2</AcceptedCount><LoadDate>2026-01-01T10:00:00+10:00</LoadDate>{OK}"
)

TRANSACTIONS: tuple[tuple[str, str, str], ...] = (
    ("CATS", "CATSChangeRequest", CHANGE),
    ("CATS", "CATSChangeRequest", CHANGE.replace("ProposedDate", "ActualChangeDate").replace(STANDING, FULL_STANDING)),
    (
        "CATS",
        "CATSChangeRequest",
        CHANGE + "<AccessContract><Name>Contract</Name><Date>2026-01-01</Date></AccessContract>",
    ),
    ("CATS", "CATSChangeResponse", f"<RequestID>2000000001</RequestID>{OK}"),
    ("CATS", "CATSChangeWithdrawal", "<RequestID>2000000001</RequestID>"),
    ("CATS", "CATSObjectionRequest", _OBJECTION),
    ("CATS", "CATSObjectionResponse", f"<ObjectionID>5</ObjectionID>{OK}"),
    ("CATS", "CATSObjectionWithdrawal", "<ObjectionID>5</ObjectionID>" + _OBJECTION),
    (
        "CATS",
        "CATSNotification",
        "<Role>FRMP</Role><RoleStatus>N</RoleStatus><ChangeRequest><Participant>RETAILA</Participant>"
        "<RequestID>2000000001</RequestID><ChangeStatusCode>OBJ</ChangeStatusCode>"
        f"<ChangeData>{CHANGE}</ChangeData></ChangeRequest><Objection><Participant>RETAILB</Participant>"
        "<ObjectionID>5</ObjectionID><ObjectionAction>Raised</ObjectionAction>"
        f"<ObjectionData>{_OBJECTION}</ObjectionData><ObjectionDate>2026-01-05</ObjectionDate></Objection>"
        "<JurisdictionCode>VIC</JurisdictionCode><NMIClassificationCode>SMALL</NMIClassificationCode>"
        "<NMIStatus>A</NMIStatus><ObjectionEndDate>2026-01-06</ObjectionEndDate>",
    ),
    (
        "CATS",
        "CATSDataRequest",
        "<Role>MDP</Role><RoleStatus>C</RoleStatus><InitiatingRequestID>77</InitiatingRequestID>"
        f'<ActualChangeDate xsi:nil="true"/>{STANDING}',
    ),
    (
        "CATS",
        "CATSChangeAlert",
        "<InitiatingRequestID>77</InitiatingRequestID><Role>MDP</Role><RoleStatus>C</RoleStatus>"
        f"<Participant>MDPX</Participant>{OK}",
    ),
    (
        "CATS",
        "CATSBulkDataRequest",
        f"<BulkData>{STANDING}<BDTGroupings><BDTGrouping><Name>MASTER</Name></BDTGrouping></BDTGroupings></BulkData>",
    ),
    (
        "CATS",
        "CATSBulkDataResponse",
        f"<CATSBulkDataBlock>{NMI}<BDTGroupings><BDTGrouping><Name>MASTER</Name></BDTGrouping></BDTGroupings>"
        f"{C4_ROWS['ElectricityNMIRoles']}{OK}</CATSBulkDataBlock>",
    ),
    (
        "NMID",
        "NMIDiscoveryRequest",
        "<JurisdictionCode>NSW</JurisdictionCode><Address><StructuredAddress><House><HouseNumber>12</HouseNumber></House>"
        "<Street><StreetName>O'Brien</StreetName></Street></StructuredAddress><PostCode>2000</PostCode></Address>"
        "<MeterSerialNumber>M1</MeterSerialNumber>",
    ),
    ("NMID", "NMIDiscoveryResponse", FULL_STANDING + STANDING + OK),
    ("NMID", "NMIDiscoveryResponse", '<Event severity="Error"><Code>1404</Code></Event>'),
    ("NMID", "NMIStandingDataRequest", f"{NMI}<Type>3</Type><Reason>MCR</Reason>"),
    (
        "NMID",
        "NMIStandingDataResponse",
        f"{FULL_STANDING}<PreviousReadDates><PreviousReadDate><ReadDate>2026-01-01</ReadDate><ReadQuality>A</ReadQuality>"
        f"</PreviousReadDate></PreviousReadDates>{OK}",
    ),
    (
        "NMID",
        "NMIStandingDataResponse",
        f'<PreviousReadDates><Event severity="Warning"><Code>1021</Code></Event></PreviousReadDates>{OK}',
    ),
    (
        "NMID",
        "NMIStandingDataUpdateNotification",
        "<CSVNMIStandingData><RecordCount>1</RecordCount><CSVData>a,b\nc,d</CSVData></CSVNMIStandingData>",
    ),
    ("NMID", "NMIStandingDataUpdateResponse", _LOADED),
    (
        "MDMT",
        "MeterDataNotification",
        "<RecordCount>1</RecordCount><CSVConsumptionData>NMI,Suffix\n4102034567,E1</CSVConsumptionData>",
    ),
    (
        "MTRD",
        "MeterDataNotification",
        '<CSVIntervalData Name="NEM12" Description="made up">'
        "100,NEM12,202601010000,MDPX,RETAILA\r\n900\r\n</CSVIntervalData>"
        "<ParticipantRole><Role>FRMP</Role></ParticipantRole>",
    ),
    (
        "MDMT",
        "MeterDataNotification",
        '<CSVProfileData xsi:nil="true"/><MeterReadingGroup context="Site"><MeterReadingGroupId>7</MeterReadingGroupId>'
        "</MeterReadingGroup>",
    ),
    ("MDMT", "MeterDataResponse", _LOADED),
    ("MDMT", "SettlementDataNotification", "<CSVAggregatedSettlementData>a,b</CSVAggregatedSettlementData>"),
    (
        "MTRD",
        "MeterDataVerifyRequest",
        f'<VerifyRequestData xsi:type="ase:ElectricityVerifyMeterRequestData">{NMI}{STANDING}'
        "<InvestigationCode>X</InvestigationCode><InvestigationDescription><CommentLine>why</CommentLine>"
        "</InvestigationDescription><RequestPeriod><BeginDate>2026-01-01</BeginDate></RequestPeriod></VerifyRequestData>",
    ),
    (
        "MTRD",
        "MeterDataVerifyRequest",
        f'<VerifyRequestData xsi:type="ase:ElectricityProvideMeterRequestData">{STANDING}'
        "<RequestPeriod><BeginDate>2026-01-01</BeginDate><EndDate>2026-01-02</EndDate></RequestPeriod></VerifyRequestData>",
    ),
    ("MTRD", "MeterDataVerifyResponse", "<VerifyResponseData><Anything/></VerifyResponseData>"),
    (
        "MTRD",
        "MeterDataHistoryRequest",
        "<CSVHistoryRequestData><RecordCount>1</RecordCount><CSVData>x</CSVData></CSVHistoryRequestData>",
    ),
    (
        "MTRD",
        "MeterDataHistoryResponse",
        f"<CSVHistoryResponseData><RecordCount>1</RecordCount><CSVData>x</CSVData>{OK}</CSVHistoryResponseData>",
    ),
    ("MTRD", "MeterDataMissingNotification", "<CSVMissingMeterData>anything</CSVMissingMeterData>"),
    ("MTRD", "AccountCreationNotification", STANDING.replace("NMIStandingData", "AccountCreationData")),
    ("MTRD", "MeterReadInputNotification", "<ReadInputData><Anything/></ReadInputData>"),
    ("CATS", "ReportRequest", MASTER_PARAMETERS),
    (
        "MDMT",
        "ReportRequest",
        '<ReportParameters xsi:type="ase:MDMTSettlementCaseDateRangeReportParameters">'
        "<ReportName>Level1SettlementReconciliation</ReportName><MaximumRows>100</MaximumRows>"
        "<SettlementCase>12</SettlementCase><SettlementRun>FINAL</SettlementRun></ReportParameters>",
    ),
    (
        "CATS",
        "ReportResponse",
        MASTER_PARAMETERS
        + "<ResultBlock><TotalBlockNumber>1</TotalBlockNumber><CurrentBlockNumber>1</CurrentBlockNumber>"
        '</ResultBlock><ReportResults xsi:type="ase:ReplicationReportFormat">'
        + "".join(f'<ReplicationBlock tableName="{name}">{row}</ReplicationBlock>' for name, row in C4_ROWS.items())
        + f"</ReportResults>{OK}",
    ),
    (
        "CATS",
        "ReportResponse",
        '<ReportParameters xsi:type="ase:CATSMsatsLimitsReportParameters"><ReportName>MSATSLimits</ReportName>'
        '</ReportParameters><ReportResults xsi:type="ase:CATSMsatsLimitsReportFormat"><MsatsLimits>'
        f"<Participant>RETAILA</Participant>{_LIMITS}</MsatsLimits></ReportResults>{OK}",
    ),
    (
        "CATS",
        "ReportResponse",
        '<ReportParameters xsi:type="ase:GenericReportParameters"><ReportName>ParticipantSystemStatus</ReportName>'
        '<Parameters><Parameter xsi:type="ase:DateParameter"><Name>on</Name><Value>2026-01-01</Value></Parameter>'
        '</Parameters></ReportParameters><ReportResults xsi:type="ase:CATSParticipantSystemStatusReportFormat">'
        "<ParticipantSystemsStatus><ParticipantSystemStatus><System>MSATS</System><ModeType>x</ModeType>"
        "<TransactionGroups><TransactionGroup>CATS</TransactionGroup></TransactionGroups><Status>UP</Status>"
        "<StartTime>2026-01-01T00:00:00+10:00</StartTime><HeartbeatTime>2026-01-01T00:00:00+10:00</HeartbeatTime>"
        f"</ParticipantSystemStatus></ParticipantSystemsStatus></ReportResults>{OK}",
    ),
    (
        "MDMT",
        "ReportResponse",
        '<ReportParameters xsi:type="ase:MDMTPPSReportParameters"><ReportName>PPS</ReportName>'
        "<AsAtDate>2026-01-01T00:00:00+10:00</AsAtDate></ReportParameters>"
        f'<ReportResults xsi:type="ase:CSVReportFormat"><CSVData>TNI,SeqNo\nNABC,1</CSVData></ReportResults>{OK}',
    ),
    (
        "CATS",
        "ReplicationRequest",
        "<ReplicationParameters><TableName>CATS_TNI_CODES</TableName>"
        "<CreationFromDate>1970-01-01T00:00:00+10:00</CreationFromDate>"
        "<CreationToDate>2026-01-01T00:00:00+10:00</CreationToDate><LastSequenceNumber>0</LastSequenceNumber>"
        "<MaximumRows>30000</MaximumRows></ReplicationParameters>",
    ),
    (
        "CATS",
        "ReplicationNotification",
        '<ReplicationBlock tableName="DistributionLossFactorCodes">'
        f'<Row xsi:type="ase:DistributionLossFactorCodeRow">{DATED}'
        "<Code>X</Code><Description>d</Description><Jurisdiction>VIC</Jurisdiction><Value>.898</Value></Row>"
        f"</ReplicationBlock>{OK}",
    ),
    (
        "HMGT",
        "HubQueueReport",
        "<RequestParameters><Parameter><Name>transactionGroup</Name><Value>CATS</Value></Parameter></RequestParameters>"
        "<ResultCount>1</ResultCount><MessageDetails><MessageMetaData><TransactionGroup>CATS</TransactionGroup>"
        "<Priority>Medium</Priority><FromParticipantID>NEMMCO</FromParticipantID><MessageID>NEMMCO-MSG-1</MessageID>"
        "<MessageType>Transaction Message</MessageType><MessageContextID>catsm_nemmco_1</MessageContextID>"
        "<ReceivedDateTime>2026-01-01T10:00:01+10:00</ReceivedDateTime></MessageMetaData></MessageDetails>",
    ),
    (
        "HMGT",
        "HubFlowControlReport",
        "<ResultCount>1</ResultCount><FlowControlStandingData><FlowControlAlert><AlertType>B2MStopFile</AlertType>"
        "<ParticipantID>DEMOPART</ParticipantID><StopFileName>demopart.stp</StopFileName><Cause>OUTBOX FILE</Cause>"
        "<StopDateTime>2026-01-01T10:00:00+10:00</StopDateTime></FlowControlAlert></FlowControlStandingData>",
    ),
    (
        "HMGT",
        "HubFlowControlAlertNotification",
        "<FlowControlAlerts><FlowControlAlert><AlertType>B2MStopFile</AlertType><Action>ADD</Action>"
        "<ParticipantID>DEMOPART</ParticipantID><Cause>REPORT</Cause></FlowControlAlert></FlowControlAlerts>",
    ),
    (
        "HMGT",
        "PayloadExceptionAlert",
        "<InitiatingAPIReference><Name>B2MMessagingPull</Name><Resource>submitMessageAcknowledgements</Resource>"
        "<Method>POST</Method></InitiatingAPIReference><MessageType>Message Acknowledgement</MessageType>"
        "<MessageInitiator>DEMOPART</MessageInitiator><MessageContextID>catsm_nemmco_1</MessageContextID>"
        "<AlertDateTime>2026-01-01T10:00:00+10:00</AlertDateTime>"
        '<Event class="Message" severity="Error"><Code>2</Code></Event>',
    ),
    ("NOTF", "SharedFuseNotification", "<Whatever/>"),
)


def body(content: str, group: str = "CATS", release: str = "r46", header: str | None = None) -> bytes:
    """A message around ``Transactions`` or ``Acknowledgements``."""
    head = header if header is not None else HEADER.format(group=group)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ase:aseXML xmlns:ase="urn:aseXML:{release}" xmlns:xsi="{XSI}"'
        f' xsi:schemaLocation="urn:aseXML:{release} '
        f'http://www.nemmco.com.au/aseXML/schemas/{release}/aseXML_{release}.xsd ">'
        f"\n{head}\n{content}\n</ase:aseXML>\n"
    ).encode()


HEADER = """<Header>
  <From description="Retailer A">RETAILA</From>
  <To>NEMMCO</To>
  <MessageID>RETAILA-MSG-1</MessageID>
  <MessageDate>2026-01-01T10:00:00+10:00</MessageDate>
  <TransactionGroup>{group}</TransactionGroup>
  <Priority>Medium</Priority>
  <SecurityContext>zz023</SecurityContext>
  <Market>NEM</Market>
</Header>"""


def transaction(name: str, inside: str, attributes: str = "") -> str:
    """``Transactions`` with one transaction in it."""
    return (
        '<Transactions>\n<Transaction transactionID="RETAILA-T1" transactionDate="2026-01-01T10:00:00+10:00">\n'
        f"<{name}{attributes}>{inside}</{name}>\n</Transaction>\n</Transactions>"
    )


def change_request(release: str = "r46", **replaced: str) -> bytes:
    """The usual change request, with parts of it replaced: ``ProposedDate="x"``."""
    inside = CHANGE
    for name, value in replaced.items():
        start, end = inside.index(f"<{name}>") + len(name) + 2, inside.index(f"</{name}>")
        inside = inside[:start] + value + inside[end:]
    return body(transaction("CATSChangeRequest", inside, ' version="r29"'), release=release)

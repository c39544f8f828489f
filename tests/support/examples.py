"""The worked examples of the wire formats: octets, and what each field must show.

Each exchange is (request, response, fields of the request, fields of the response) in hexadecimal and by filter name.
Examples that are no CIP messages are built by functions of their own.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import enip

CM, EIP, CS, FILE, TCPIP = "cipsec.cm.", "cipsec.eip.", "cipsec.cs.", "cipsec.file.", "cipsec.tcpip."
SUITES_ALL = [0xC006, 0xC023, 0xC024, 0xC02B, 0xC02C]
SUITES_OK = [0xC02B, 0xC02C]


def of(prefix, **fields):
    """Field -> values below a protocol; two underscores stand for a dot."""
    return {prefix + name.replace("__", "."): values for name, values in fields.items()}


EXCHANGES = {
    "X02": [
        ("4B02205D2401", "CB000000", of(CS, service=[0x4B], response=[0], instance=[1]), of(CS, service=[0x4B], status=[0])),
        ("0102205D2401", "81000000020A00", of(CS, service=[1]),
         of(CS, attribute=[1, 2], state=[2], security_profiles=[0x0A], security_profiles__eip_integrity=[0],
            security_profiles__eip_confidentiality=[1], security_profiles__cip_user_authentication=[1])),
    ],
    "X03": [("4E02205D2400", "CE00D000", of(CS, service=[0x4E], instance=[0]), of(CS, status=[0xD0]))],
    "X04": [("1003205E2401300403C023C02BC02C", "90000000",
             of(EIP, attribute=[4], allowed_cipher_suites__count=[3], allowed_cipher_suites=[0xC023, 0xC02B, 0xC02C],
                allowed_cipher_suites__integrity_only=[0]), of(EIP, service=[0x10], status=[0]))],
    "X05": [
        ("1003205E240130050106" "63656C6C2D37" "1000112233445566778899AABBCCDDEEFF02", "90000000",
         of(EIP, pre_shared_keys__count=[1], pre_shared_keys__identity=["cell-7"], pre_shared_keys__key_size=[16],
            pre_shared_keys__usage=[2], pre_shared_keys__masked=[1], pre_shared_keys__key=[]), {}),
        ("0E03205E24013005", "8E0000000106" "63656C6C2D370002", {},
         of(EIP, attribute=[5], pre_shared_keys__identity=["cell-7"], pre_shared_keys__key_size=[0],
            pre_shared_keys__usage=[2])),
    ],
    "X06": [
        ("1003205E240130060102205F2402", "90000000",
         of(EIP, active_device_certificates__count=[1], active_device_certificates=["Certificate Management instance 2"],
            path__class=[0x5F], path__instance=[2]), {}),
        ("1003205E240130070202205F240203203725000301", "90000000",
         of(EIP, trusted_authorities__count=[2],
            trusted_authorities=["Certificate Management instance 2", "File instance 259"], path__size=[2, 3]), {}),
    ],
    "X07": [
        ("1003205E240130080103203725000401", "90000000",
         of(EIP, certificate_revocation_list__count=[1], certificate_revocation_list=["File instance 260"]), {}),
        ("1003205E2401300803203725000401", "90000000",
         of(EIP, certificate_revocation_list__count=[1], certificate_revocation_list=["File instance 260"]), {}),
    ],
    "X08": [("0102205E2401",
             "81000000020100000005C006C023C024C02BC02C02C02BC02C00" "0102205F24020102205F2402" "000100000000FFFF0C0001",
             {}, of(EIP, attribute=[*range(1, 16), 17], state=[2], capability_flags__secure_renegotiation=[1],
                    available_cipher_suites=SUITES_ALL, available_cipher_suites__integrity_only=[1],
                    allowed_cipher_suites=SUITES_OK, pre_shared_keys__count=[0],
                    active_device_certificates=["Certificate Management instance 2"],
                    trusted_authorities=["Certificate Management instance 2"], certificate_revocation_list__count=[0],
                    verify_client_certificate=[1], send_certificate_chain=[0], check_expiration=[0],
                    trusted_identities__count=[0], pull_model_enable=[0], pull_model_status=[0xFFFF], dtls_timeout=[12],
                    check_subject_alternative_name=[1]))],
    "X09": [
        ("4D02205E24010300B80B", "CD000C00",
         of(EIP, service=[0x4D], apply_behavior=[3], apply_behavior__close_connections=[1],
            apply_behavior__object_cleanup=[1], close_delay=[3000]), of(EIP, status=[0x0C])),
        ("4D02205E2401", "CD00D0010200", of(EIP, apply_behavior=[]), of(EIP, status=[0xD0], status__ext=[2])),
    ],
    "X10": [("0502205E240100", "85000000", of(EIP, service=[5], reset__enable_pull_model=[0]), of(EIP, status=[0]))],
    "X11": [
        ("0802205F24000C506C616E7443412D32303236", "880000000200", of(CM, create__name=["PlantCA-2026"]),
         of(CM, create__instance=[2])),
        ("0E03205F24003009",
         "8E000000021A44656661756C742044657669636520436572746966696361746502205F24010C506C616E7443412D3230323602205F2402",
         {}, of(CM, attribute=[9], class__certificate_list__count=[2],
                class__certificate_list__name=["Default Device Certificate", "PlantCA-2026"],
                class__certificate_list=["Certificate Management instance 1", "Certificate Management instance 2"])),
    ],
    "X12": [("4B02205F24020A31302E31302E312E32310441434D45064C696E65203304" "5769656E045769656E024154000830304131423243331469"
             "50416464726573733D31302E31302E312E3231", "CB00000003203725000001",
             of(CM, csr__common_name=["10.10.1.21"], csr__organization=["ACME"], csr__organizational_unit=["Line 3"],
                csr__city=["Wien"], csr__state=["Wien"], csr__country=["AT"], csr__serial_number=["00A1B2C3"],
                csr__subject_alternative_name=["iPAddress=10.10.1.21"], csr__extra=[]),
             of(CM, csr__file=["File instance 256"], path__class=[0x37], path__instance=[256]))],
    "X13": [
        ("1003205F240230030003203725000101", "90000000",
         of(CM, attribute=[3], device_certificate__status=[0], device_certificate=["File instance 257"]), {}),
        ("4C02205F24020300", "CC00D000", of(CM, verify_certificate__certificate=[3]), of(CM, status=[0xD0])),
    ],
    "X14": [("0102205F2402", "810000000C506C616E7443412D323032360301032037250001010103203725000201" "00", {},
             of(CM, attribute=[1, 2, 3, 4, 5], name=["PlantCA-2026"], state=[3], device_certificate__status=[1],
                device_certificate=["File instance 257"], ca_certificate__status=[1],
                ca_certificate=["File instance 258"], certificate_encoding=[0]))],
    "X15": [("080220372400" "01656E67DA040007446576436572" "7402", "880000000101FF",
             of(FILE, instance_name=["DevCert"], string__language=["eng"], string__type=[0xDA], string__charset=[4],
                file_encoding_format=[2]), of(FILE, create__instance=[257], invocation_method=[255]))],
    "X16": [
        ("4B03203725000001FF", "CB0000000A00000004", of(FILE, upload__max_transfer_size=[255]),
         of(FILE, file_size=[10], transfer_size=[4], transfer=[0], transfer__direction=[0])),
        ("4F0320372500000100", "CF000000000048454C4C", of(FILE, transfer_number=[0]),
         of(FILE, transfer_number=[0], packet_type=[0], data_part=["48454c4c"], transfer=[0])),
        ("4F0320372500000101", "CF00000001014F204353", of(FILE, transfer_number=[1]),
         of(FILE, transfer_number=[1], packet_type=[1], data_part=["4f204353"])),
        ("4F0320372500000102", "CF0000000202520A7AFD", of(FILE, transfer_number=[2]),
         of(FILE, packet_type=[2], data_part=["520a"], checksum=[0xFD7A], checksum__status=[1],
            checksum__calculated=[0xFD7A], transfer__octets=[10], transfer__size_ok=[1], fragment__count=[3],
            reassembled__length=[10])),
    ],
    "X17": [
        ("4C0320372500010105000000010001" "0101656E67DA0400076465762E70656D", "CC00000000000000000064",
         of(FILE, file_size=[5], file_format_version=[1], file_revision__major=[1], file_revision__minor=[1],
            file_name=["dev.pem"]),
         of(FILE, download__incremental_burn=[0], download__incremental_burn_time=[0], transfer_size=[100])),
        ("500320372500010100042D2D2D2D2D1FFF", "D000000000",
         of(FILE, transfer_number=[0], packet_type=[4], data_part=["2d2d2d2d2d"], checksum=[0xFF1F], checksum__status=[1],
            transfer__octets=[5], transfer__size_ok=[1]), of(FILE, service=[0x50], status=[0], transfer_number=[0])),
        ("500320372500010100042D2D2D2D2D1FFF", "D000D00000", {}, of(FILE, status=[0xD0], transfer_number=[0])),
        ("500320372500010100042D2D2D2D2D1FFF", "D00020010600", {}, of(FILE, status=[0x20], status__ext=[6])),
    ],
    "X21": [
        ("4C0220F524010212AF0600AE081100", "CC000000",
         of(TCPIP, service=[0x4C], iana_port_admin__count=[2], iana_port_admin__port=[44818, 2222],
            iana_port_admin__protocol=[6, 17], iana_port_admin__open=[0, 0]), of(TCPIP, status=[0])),
        ("0E0320F52401300E",
         "8E000000020C434950205365637572697479AD080601010B45746865724E65742F495012AF060101", {},
         of(TCPIP, attribute=[14], iana_port_admin__count=[2], iana_port_admin__name=["CIP Security", "EtherNet/IP"],
            iana_port_admin__port=[2221, 44818], iana_port_admin__open=[1, 1],
            iana_port_admin__capability__configurable=[1, 1])),
    ],
    "X22": [(None, "D4000101180912004D00214365870000", {}, {"cip.genstat": [1]})],
    "X23": [("4B022063240005000000010000000100010001000252310000", "CB000000", {"cip.class": [0x63]}, {"cip.genstat": [0]})],
}

LIST_IDENTITY = bytes.fromhex("01000002AF12C00002140000000000000000" "4D000C00010002030000EFBEADDE"
                              "08" "44726976652D3231" "03")
SECURITY_ITEM = bytes.fromhex("860007000A0002021D0200" "8700040047000000" "8800040001000000")
SECURITY_ITEM_OLD = bytes.fromhex("860005000A00020218")
DTLS_IO = bytes.fromhex("17FEFD0001000000000009002C0200028008000100120007000000B100060007000100000000") + b"\0" * 19
RECORD_REGISTER = bytes.fromhex("1703030030650004000000000000000000000000000000000000000000" "01000000") + b"\0" * 20
START_DTLS = bytes.fromhex("C8") + b"\0" * 23


def forward_open():
    """A Forward_Open that X22 refuses."""
    body = struct.pack("<BBIIHHIB3xIHIHB", 5, 99, 0, 0x00120001, 0x0012, 0x004D, 0x87654321, 1, 10000, 0x43F8, 10000, 0x43F8, 1)
    return enip.request(0x54, enip.path(6, 1), body + b"\2" + enip.path(4, 0x65))


def build(capture, name, carrier="unconnected"):
    """Adds an example's exchanges; returns [(frame, expected fields)]."""
    expected = []
    for ask, answer, asked, answered in EXCHANGES[name]:
        octets = forward_open() if ask is None else bytes.fromhex(ask)
        first, second = capture.exchange(octets, bytes.fromhex(answer), carrier)
        expected += [(first, asked), (second, answered)]
    return expected


def list_identity(item):
    """A ListIdentity reply with the identity item and more."""
    count = 1 + (1 if len(item) < 12 else 3)
    body = struct.pack("<HHH", count, 0x0C, len(LIST_IDENTITY)) + LIST_IDENTITY + item
    return struct.pack("<HHII8sI", 0x63, len(body), 0, 0, b"", 0) + body


def unconnected_over_dtls(message_router, response, transaction=1):
    """CPF item 0x8003 as the plaintext of an integrity-only DTLS record."""
    item = struct.pack("<HII", 0x8001 if response else 1, transaction, 0) + message_router
    plain = struct.pack("<HHH", 1, 0x8003, len(item)) + item
    return bytes.fromhex("17FEFD00010000000000") + bytes([transaction]) + struct.pack(">H", len(plain) + 20) + plain + b"\0" * 20

"""IP Messenger's packets: those of real programs are read, ours come back, and no bytes do harm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.peers import Face, peer_key
from posthouse.rules.peer_signals import Sign
from posthouse.sources.lan.content import (
    TEXT_BYTES_MAX,
    confirmed_number,
    entry_extra,
    message_extra,
    message_text,
    sender_of,
    sign_of,
    wants_receipt,
)
from posthouse.sources.lan.wire import (
    DATAGRAM_BYTES_MAX,
    NAME_CHARACTERS_MAX,
    SENT_BYTES_MAX,
    BadPacket,
    Fault,
    FeiQ,
    Mode,
    Option,
    Packet,
    decode,
    encode,
    feiq_of,
    feiq_version,
    next_number,
    read_text,
    sendable,
)

FEIQ = "1_lbt6_0#128#5C60BA7361C6#1944#0#0#4001#9"
CLASSIC = (
    b"1:1700000000:ann:desk:16777217:Ann\0Sales\0\nUN:\xc3\xa4nn\nHN:desk\nNN:\xc3\x84nn\nGN:Sales\nVS:00010002:5:4\n"
)
MESSAGE = b"1:100:shirouzu:jupiter:32:Hello: 10:30?\0file"
IPTUX = b"1_iptux 0.8.3:7:ann:desk:257:Ann\0Sales\0icon.png\0utf-8\0"
REAL = (CLASSIC, MESSAGE, IPTUX, f"{FEIQ}:1765442982:ann:desk:6291459:".encode() + "安妮".encode("gb18030"))


def packet_of(datagram: bytes) -> Packet:
    packet = decode(datagram)
    assert isinstance(packet, Packet), packet
    return packet


def fault_of(datagram: bytes) -> Fault:
    packet = decode(datagram)
    assert isinstance(packet, BadPacket), packet
    return packet.fault


def test_a_message_may_have_colons_and_ends_where_its_attachments_begin() -> None:
    packet = packet_of(MESSAGE)

    assert (packet.number, packet.user, packet.host, packet.mode) == (100, "shirouzu", "jupiter", Mode.SENDMSG)
    assert message_text(packet) == "Hello: 10:30?"
    assert sign_of(packet) is Sign.MESSAGE


def test_an_entry_tells_its_names_from_the_labelled_block_where_its_sender_is_capable_of_it() -> None:
    capable = sender_of(packet_of(CLASSIC))
    incapable = sender_of(packet_of(CLASSIC.replace(b"16777217", b"1")))

    assert capable.key == peer_key("ÄNN", "DESK")
    assert capable.face == Face(user="änn", host="desk", name="Änn", group="Sales", client="00010002:5:4")
    assert incapable.face == Face(user="ann", host="desk", name="Ann", group="Sales")


def test_feiq_is_known_by_the_shape_of_its_version() -> None:
    packet = packet_of(REAL[3])

    assert feiq_of(packet) == FeiQ(
        product="lbt6_0", level=128, mac="5C60BA7361C6", port=1944, rest=("0", "0", "4001", "9")
    )
    assert sender_of(packet).face.name == "安妮"
    assert sender_of(packet).face.client == "FeiQ"
    assert feiq_version(feiq_of(packet) or pytest.fail("no FeiQ")) == FEIQ


@pytest.mark.parametrize(
    "version",
    ["1", "1_iptux_0#5#2", "1_lbt6_0#x#5C60BA7361C6#1944#0#0", "1_a#1#5C60BA7361C6#port#0#0", "1_a#1#MAC#1#0#0"],
)
def test_what_only_looks_a_little_like_feiq_is_not_it(version: str) -> None:
    assert feiq_of(packet_of(f"{version}:1:a:b:1:".encode())) is None


def test_an_iptux_is_read_with_its_program_and_without_its_icon() -> None:
    sender = sender_of(packet_of(IPTUX))

    assert sender.face == Face(user="ann", host="desk", name="Ann", group="Sales", client="iptux 0.8.3", is_away=True)


@pytest.mark.parametrize(
    ("data", "is_utf8", "text"),
    [
        ("grüß dich".encode(), True, "grüß dich"),
        ("grüß dich".encode(), False, "grüß dich"),
        ("你好，世界".encode("gb18030"), False, "你好，世界"),
        ("abc ｱ".encode("cp932"), False, "abc ｱ"),
        (b"\x81 ok", False, "\ufffd ok"),
        (b"\xc4\xe3 ok", True, "\ufffd\ufffd ok"),
    ],
)
def test_text_is_read_in_the_first_encoding_that_it_is_valid_in(data: bytes, is_utf8: bool, text: str) -> None:
    assert read_text(data, is_utf8=is_utf8) == text


@pytest.mark.parametrize(
    ("datagram", "fault"),
    [
        (b"", Fault.EMPTY),
        (b"1" * (DATAGRAM_BYTES_MAX + 1), Fault.TOO_LONG),
        (b"1:2:3:4:5", Fault.TOO_FEW_FIELDS),
        (b"hello", Fault.TOO_FEW_FIELDS),
        (b"2:1:a:b:1:", Fault.VERSION),
        (b"12:1:a:b:1:", Fault.VERSION),
        (b":1:a:b:1:", Fault.VERSION),
        (b"1_\xff:1:a:b:1:", Fault.VERSION),
        (b"1" + b"#" * 300 + b":1:a:b:1:", Fault.VERSION),
        (b"1:-1:a:b:1:", Fault.NUMBER),
        (b"1::a:b:1:", Fault.NUMBER),
        (b"1:" + b"9" * 20 + b":a:b:1:", Fault.NUMBER),
        (b"1:" + b"1" * 5_000 + b":a:b:1:", Fault.NUMBER),
        (b"1:1:::1:", Fault.NAME),
        (b"1:1:\0:\n:1:", Fault.NAME),
        (b"1:1:a:b:4294967296:", Fault.COMMAND),
        (b"1:1:a:b:1x:", Fault.COMMAND),
        (b"1:1:a:b::x", Fault.COMMAND),
    ],
)
def test_what_is_no_packet_is_told_with_its_fault(datagram: bytes, fault: Fault) -> None:
    assert fault_of(datagram) is fault


def test_a_fault_shows_what_stands_there_and_no_control_characters() -> None:
    assert decode(b"1:\x1b[31m" + b"x" * 100 + b":a:b:1:") == BadPacket(fault=Fault.NUMBER, found="�[31m" + "x" * 35)


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_comes_back(mode: Mode) -> None:
    packet = Packet(number=1_700_000_000, user="ann", host="desk", mode=mode, options=Option.UTF8, extra=b"a:b\0c")

    assert decode(encode(packet)) == packet


@pytest.mark.parametrize("option", list(Option))
def test_every_option_comes_back(option: Option) -> None:
    packet = packet_of(encode(Packet(number=1, user="a", host="b", mode=Mode.SENDMSG, options=option)))

    assert packet.has(option)
    assert packet.options == option


@given(
    st.builds(
        Packet,
        number=st.integers(0, 2**64 - 1),
        user=st.text(max_size=80),
        host=st.text(max_size=80),
        mode=st.integers(0, 255),
        options=st.integers(0, 2**24 - 1).map(lambda bits: bits << 8),
        extra=st.binary(max_size=300),
        version=st.sampled_from([FEIQ, "1", "1_iptux 0.8.3"]),
    )
)
def test_whatever_is_sent_comes_back_with_names_made_sendable(packet: Packet) -> None:
    read = packet_of(encode(packet))

    assert (read.user, read.host) == (sendable(packet.user), sendable(packet.host))
    assert (read.number, read.mode, read.options) == (packet.number, packet.mode, packet.options)
    assert (read.extra, read.version) == (packet.extra, packet.version)
    assert decode(encode(read)) == read


@given(st.text(max_size=200))
def test_a_sendable_name_has_nothing_that_ends_a_field(text: str) -> None:
    name = sendable(text)

    assert 1 <= len(name) <= NAME_CHARACTERS_MAX
    assert not set(name) & set(":\0\n\r")
    assert name.encode()
    assert sendable(name) == name


@given(st.binary(max_size=400) | st.binary(max_size=60).map(lambda data: b"1:2:a:b:16777217:" + data))
def test_any_bytes_are_a_packet_or_a_fault(datagram: bytes) -> None:
    read_all_of(datagram)


@given(st.sampled_from(REAL), st.lists(st.tuples(st.integers(0, 200), st.binary(max_size=3)), max_size=8))
def test_a_real_packet_with_damage_is_a_packet_or_a_fault(datagram: bytes, damage: list[tuple[int, bytes]]) -> None:
    mutated = bytearray(datagram)
    for place, data in damage:
        mutated[place % (len(mutated) + 1) : place % (len(mutated) + 1) + 1] = data
    read_all_of(bytes(mutated))


@given(st.sampled_from(REAL), st.integers(0, 100))
def test_a_real_packet_that_was_cut_is_a_packet_or_a_fault(datagram: bytes, kept: int) -> None:
    read_all_of(datagram[:kept])


def read_all_of(datagram: bytes) -> None:
    packet = decode(datagram)
    if isinstance(packet, BadPacket):
        assert len(packet.found) <= 40
        return
    sender = sender_of(packet)
    shown = (packet.user, packet.host, sender.face.name, sender.face.group, sender.face.client, message_text(packet))
    assert all(text.encode() is not None for text in shown)
    assert not any(set(text) & set("\0\r\x1b") for text in shown)
    assert all(len(text) <= NAME_CHARACTERS_MAX for text in shown[:-1])
    assert 0 <= packet.mode <= 255
    assert isinstance(sign_of(packet), Sign)
    assert wants_receipt(packet) in (True, False)
    assert confirmed_number(packet) is None or packet.mode == Mode.RECVMSG
    assert feiq_of(packet) is None or "#" in packet.version


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"number": -1}, "packet number"),
        ({"number": 2**64}, "packet number"),
        ({"mode": 256}, "command"),
        ({"options": 1}, "command"),
        ({"options": 1 << 32}, "command"),
        ({"version": "2"}, "version"),
        ({"version": "1:2"}, "version"),
        ({"version": "1_" + "x" * 300}, "version"),
        ({"extra": b"x" * SENT_BYTES_MAX}, "more than"),
    ],
)
def test_what_cannot_be_sent_is_refused(changed: dict[str, object], words: str) -> None:
    fields: dict[str, object] = {"number": 1, "user": "a", "host": "b", "mode": Mode.SENDMSG, **changed}

    with pytest.raises(ValueError, match=words):
        encode(Packet(**fields))  # type: ignore[arg-type]


def test_an_entry_of_ours_is_read_with_its_instance() -> None:
    face = Face(user="Ann", host="desk:1", name="Ann\0B", group="R&D", client="Posthouse 0.1", is_away=True)
    packet = Packet(
        number=1,
        user=face.user,
        host=face.host,
        mode=Mode.BR_ABSENCE,
        options=Option.CAPUTF8 | Option.UTF8 | Option.ABSENCE,
        extra=entry_extra(face, instance="0192f0aa"),
    )

    sender = sender_of(packet_of(encode(packet)))

    assert sender.key == peer_key("", "", "0192f0aa")
    assert sender.face == Face(
        user="Ann", host="desk_1", name="Ann_B", group="R&D", client="Posthouse 0.1", is_away=True
    )


def test_an_entry_without_name_and_group_goes_by_its_user() -> None:
    assert entry_extra(Face(user="ann", host="desk")) == b"ann\0\0\nUN:ann\nHN:desk\nNN:ann\n"


def test_the_first_label_of_a_name_counts_and_unknown_ones_are_passed_over() -> None:
    extra = b"x\0\0\nUN:ann\nUN:bob\nXX:1\nHN\nHN:desk\0more\n"
    sender = sender_of(Packet(number=1, user="u", host="h", mode=Mode.BR_ENTRY, options=Option.CAPUTF8, extra=extra))

    assert sender.face == Face(user="ann", host="h", name="x")


@pytest.mark.parametrize(
    ("mode", "options", "is_wanted"),
    [
        (Mode.SENDMSG, Option.SENDCHECK, True),
        (Mode.SENDMSG, Option.UTF8, False),
        (Mode.SENDMSG, Option.SENDCHECK | Option.BROADCAST, False),
        (Mode.SENDMSG, Option.SENDCHECK | Option.AUTORET, False),
        (Mode.BR_ENTRY, Option.SENDCHECK, False),
    ],
)
def test_a_receipt_is_sent_where_it_is_asked_for_and_cannot_go_round_for_ever(
    mode: Mode, options: int, is_wanted: bool
) -> None:
    assert wants_receipt(Packet(number=1, user="a", host="b", mode=mode, options=options)) is is_wanted


def test_a_text_that_is_sent_comes_back_without_control_characters() -> None:
    extra = message_extra("Mittag?\r\n\x1b[31m12:30\tja\x00\n")
    packet = Packet(number=1, user="a", host="b", mode=Mode.SENDMSG, options=Option.UTF8, extra=extra)

    assert message_text(packet_of(encode(packet))) == "Mittag?\n[31m12:30\tja"


def test_a_text_that_is_too_long_is_refused_and_the_longest_fits_a_packet() -> None:
    with pytest.raises(ValueError, match="bytes"):
        message_extra("x" * TEXT_BYTES_MAX)
    longest = Packet(
        number=2**64 - 1, user="ä" * 64, host="ä" * 64, mode=32, extra=message_extra("x" * (TEXT_BYTES_MAX - 1))
    )
    assert len(encode(longest)) <= SENT_BYTES_MAX


def test_an_encrypted_message_has_no_text() -> None:
    packet = Packet(number=1, user="a", host="b", mode=Mode.SENDMSG, options=Option.ENCRYPT, extra=b"20001:AB:CD")

    assert message_text(packet) == ""


@pytest.mark.parametrize(
    ("extra", "number"), [(b"100\0", 100), (b" 7", 7), (b"", None), (b"x", None), (b"9" * 30, None)]
)
def test_a_receipt_names_the_packet_that_it_confirms(extra: bytes, number: int | None) -> None:
    assert confirmed_number(Packet(number=1, user="a", host="b", mode=Mode.RECVMSG, extra=extra)) == number
    assert confirmed_number(Packet(number=1, user="a", host="b", mode=Mode.SENDMSG, extra=extra)) is None


def test_packet_numbers_rise_and_are_ahead_of_those_before_a_restart() -> None:
    assert next_number(0, 1_700_000_000) == 1_700_000_000
    assert next_number(1_700_000_000, 1_700_000_000) == 1_700_000_001
    assert next_number(1_700_000_005, 1_600_000_000) == 1_700_000_006

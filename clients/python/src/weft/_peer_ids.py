"""Peer ids: libp2p's base58btc text of the identity multihash of an Ed25519 public key's protobuf."""

from __future__ import annotations

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# Multihash: code 0 (identity), 36 bytes. Protobuf: field 1 (type) = 1 (Ed25519), field 2 (data) = 32 bytes.
_PREFIX = bytes([0x00, 36, 0x08, 0x01, 0x12, 32])
_LENGTH = len(_PREFIX) + 32


def peer_id(public_key: bytes) -> str:
    """The id of the peer with this Ed25519 public key of 32 bytes."""
    if len(public_key) != 32:
        raise ValueError("an Ed25519 public key has 32 bytes")
    data = _PREFIX + public_key
    number = int.from_bytes(data, "big")
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = _ALPHABET[digit] + text
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + text


def public_key(text: str) -> bytes:
    """The Ed25519 public key that a peer id contains. Raises ``ValueError`` if it is none."""
    if len(text) > 64:
        raise ValueError("not a peer id: it is too long")
    number = 0
    for character in text:
        digit = _ALPHABET.find(character)
        if digit < 0:
            raise ValueError(f"not a peer id: {character!r} is no base58 character")
        number = number * 58 + digit
    if number >= 1 << (8 * _LENGTH):
        raise ValueError("not a peer id: it is too long")
    data = number.to_bytes(_LENGTH, "big")
    # Writing it again finds wrong prefixes and wrong numbers of leading zeros.
    key = data[len(_PREFIX) :]
    if peer_id(key) != text:
        raise ValueError("not the peer id of an Ed25519 key")
    return key

"""Messages of gossipsub that are made by hand, signed by an author whom nobody is connected to."""

from __future__ import annotations

import itertools
import os

from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.peer.id import ID
from libp2p.pubsub.pb import rpc_pb2

SIGNED = b"libp2p-pubsub:"


class SignedRPC:
    """Makes messages of one author for one topic."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._keys = create_new_key_pair()
        self._numbers = itertools.count(int.from_bytes(os.urandom(4), "big"))

    def encoded(self, text: str, spoilt: bool = False) -> bytes:
        """One message with its length before it. A spoilt one has a bit of its signature turned."""
        message = rpc_pb2.Message(
            from_id=ID.from_pubkey(self._keys.public_key).to_bytes(),
            data=text.encode(),
            seqno=next(self._numbers).to_bytes(8, "big"),
            topicIDs=[self._topic],
        )
        signature = bytearray(self._keys.private_key.sign(SIGNED + message.SerializeToString()))
        if spoilt:
            signature[10] ^= 1
        message.signature = bytes(signature)
        message.key = self._keys.public_key.serialize()
        data = rpc_pb2.RPC(publish=[message]).SerializeToString()
        length, prefix = len(data), b""
        while length >= 0x80:
            prefix += bytes([length & 0x7F | 0x80])
            length >>= 7
        return prefix + bytes([length]) + data

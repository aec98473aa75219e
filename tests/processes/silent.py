"""A charger's end of a WebSocket by hand, for what no library would do: not to answer a ping, not to read."""

import base64
import os
import socket

import orjson


def keep_small(end: socket.socket) -> None:
    """The smallest buffers that the kernel grants: what is not read waits in a program, or is not sent at all."""
    for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        end.setsockopt(socket.SOL_SOCKET, buffer, 1)


class BareSocket:
    """Connected and shaken hands; from then on it does what it is told, and nothing by itself."""

    def __init__(self, port: int, identity: str, password: str) -> None:
        self.socket = socket.socket()
        keep_small(self.socket)
        self.socket.settimeout(10)
        self.socket.connect(("127.0.0.1", port))
        credentials = base64.b64encode(f"{identity}:{password}".encode()).decode()
        lines = [
            f"GET /ocpp/{identity} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Protocol: ocpp1.6",
            f"Authorization: Basic {credentials}",
        ]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self.socket.recv(1)
        assert b" 101 " in answer.split(b"\r\n")[0], answer

    def say(self, frame: list[object]) -> None:
        self.send(frame_of(orjson.dumps(frame)))

    def send(self, frames: bytes) -> None:
        self.socket.sendall(frames)

    def hear(self) -> bytes:
        return self.socket.recv(4096)

    def close(self) -> None:
        self.socket.close()


def frame_of(text: bytes) -> bytes:
    """A masked text frame."""
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[n % 4] for n, byte in enumerate(text))
    length = bytes([0x80 | len(text)]) if len(text) < 126 else bytes([0x80 | 126]) + len(text).to_bytes(2, "big")
    return b"\x81" + length + mask + masked

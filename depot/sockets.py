"""The sockets that a server opens: uvicorn's, but for what some chargers write into a text frame."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class TolerantSocket(WebSocketsSansIOProtocol):
    """Bytes that are no UTF-8 are read as U+FFFD, and the rest of the frame is taken and answered (quirk 21).

    RFC 6455 §8.1 would have the link closed with 1007; the charger would then send the same again, for ever.
    """

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text":
            self.frames = [as_utf8(b"".join(self.frames))]
        super().send_receive_event_to_app()


def as_utf8(data: bytes) -> bytes:
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode(errors="replace").encode()
    return data

"""The file in a form that a charger posted, instead of the file itself."""

from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError


class NoFileInForm(Exception):
    """The form cannot be read, or holds no file."""


def file_in_form(content_type: str, size_bytes: int, path: Path) -> tuple[str, Any]:
    """Its name, and its pieces; the first file counts. Raises NoFileInForm."""
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(size_bytes)}
    with path.open("rb") as body:
        found = _first_file(meta, body)
    return found.name or "", found.chunks()


def _first_file(meta: dict[str, str], body: Any) -> "UploadedFile[bytes]":
    try:
        _, files = MultiPartParser(meta, body, [TemporaryFileUploadHandler()], "utf-8").parse()
    except MultiPartParserError as error:
        raise NoFileInForm(str(error)) from error
    for name in files:
        found = files[name]
        if isinstance(found, UploadedFile):
            return found
    raise NoFileInForm("no file in the form")

"""PURE: a call's JSON schema as the fields of a form, and what was typed as the payload."""

from depot.yard.schema_form.fields import Field, Kind, fields_of
from depot.yard.schema_form.reading import Misread, read_form
from depot.yard.schema_form.writing import Box, boxes_of, values_of

__all__ = ["Box", "Field", "Kind", "Misread", "boxes_of", "fields_of", "read_form", "values_of"]

from django.apps import AppConfig


class BoardConfig(AppConfig):
    name = "depot.board"
    label = "board"

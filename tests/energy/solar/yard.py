"""Readings one after the other, each followed by those who follow the sun; no rows."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from depot.energy.solar.controller import Course, Day, Follower, divert, read

NOON = datetime(2026, 6, 4, 10, 0, tzinfo=UTC)
TODAY = date(2026, 6, 4)
STEP = timedelta(seconds=5)


class Yard:
    def __init__(self, *followers: Follower) -> None:
        self.followers = followers
        self.now = NOON
        self.day = Day(day=TODAY)
        self.courses: Mapping[int, Course] = {}

    def sees(self, surplus_w: float, *, lasts: timedelta = STEP) -> "Yard":
        for _ in range(max(1, lasts // STEP)):
            self.now += STEP
            self.day = read(self.day, surplus_w, self.now, TODAY, self.courses)
            self.courses = divert(self.followers, self.courses, self.day, self.now)
        return self

    def sees_nothing(self, *, lasts: timedelta) -> "Yard":
        for _ in range(lasts // STEP):
            self.now += STEP
            self.courses = divert(self.followers, self.courses, self.day, self.now)
        return self

    def limit_w(self, follower: Follower) -> float:
        return self.courses[follower.key].limit_w


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)

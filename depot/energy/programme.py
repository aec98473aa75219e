"""The programme in the solver's hands: one shape, one matrix, bounds and costs changed in place, the basis kept."""

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from depot.energy.bounds import Bounds
from depot.energy.layout import Indices, Layout, Shape
from depot.energy.matrix import Floats, matrix_of

OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 1,
    "solver": "simplex",
    # Perturbed costs would send a plan that holds already on a walk of hundreds of pivots and back.
    "dual_simplex_cost_perturbation_multiplier": 0.0,
    "mip_abs_gap": 1e-3,
}
SOLVED = highspy.HighsModelStatus.kOptimal


class NoPlan(Exception):
    """The solver gave no answer; the text is its own word."""


@dataclass(frozen=True, slots=True)
class Answer:
    values: Floats  # per column
    objective: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long whole numbers are looked for. By nodes and not by seconds: any machine makes the same plan."""

    nodes: int
    gap: float  # as a share of what the best costs: so near to it is good enough


class Programme:
    """Not for two threads at once."""

    def __init__(self, shape: Shape) -> None:
        self.at = at = Layout(shape)
        self.solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in OPTIONS.items():
            self.solver.setOptionValue(name, value)
        matrix = matrix_of(at)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = at.columns, at.rows
        lp.col_cost_ = lp.col_lower_ = lp.col_upper_ = np.zeros(at.columns)
        lp.row_lower_, lp.row_upper_ = np.full(at.rows, -np.inf), np.full(at.rows, np.inf)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.starts, matrix.rows, matrix.values
        self._expect(self.solver.passModel(lp))
        self.all_columns = np.arange(at.columns, dtype=np.int32)
        self.all_rows = np.arange(at.rows, dtype=np.int32)

    def load(self, bounds: Bounds) -> None:
        self.limit(self.all_columns, bounds.lower, bounds.upper)
        self.price(self.all_columns, bounds.cost)
        self._expect(
            self.solver.changeRowsBounds(len(self.all_rows), self.all_rows, bounds.row_lower, bounds.row_upper)
        )

    def limit(self, columns: Indices, lower: Floats, upper: Floats) -> None:
        self._expect(self.solver.changeColsBounds(len(columns), columns, lower, upper))

    def price(self, columns: Indices, cost: Floats) -> None:
        self._expect(self.solver.changeColsCost(len(columns), columns, cost))

    def add_row(self, lower: float, upper: float, columns: Indices, values: Floats) -> None:
        self._expect(self.solver.addRow(lower, upper, len(columns), columns, values))

    def add_column(self, cost: float, lower: float, upper: float) -> int:
        self._expect(self.solver.addCol(cost, lower, upper, 0, np.zeros(0, np.int32), np.zeros(0)))
        return int(self.solver.getNumCol()) - 1

    def add_choice(self) -> int:
        """A column that is 0 or 1."""
        column = self.add_column(0.0, 0.0, 1.0)
        self._expect(self.solver.changeColIntegrality(column, highspy.HighsVarType.kInteger))
        return column

    def search(self, start: Floats | None, effort: Effort) -> Answer | None:
        """The best whole-numbered answer that was found; `start` is one to begin with, a value for each column."""
        self.solver.setOptionValue("mip_max_nodes", effort.nodes)
        self.solver.setOptionValue("mip_rel_gap", effort.gap)
        if start is not None:
            columns = np.arange(len(start), dtype=np.int32)
            self._expect(self.solver.setSolution(len(columns), columns, start))
        self.solver.run()
        if self.solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        return self._answer()

    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.solver.getNumRow()), int(self.solver.getNumCol())

    def drop_added(self, size: tuple[int, int] | None = None) -> None:
        """Back to the size it had, or to the rows and columns of the layout."""
        rows, columns = self.size()
        old_rows, old_columns = size or (self.at.rows, self.at.columns)
        if rows > old_rows:
            self._expect(self.solver.deleteRows(rows - old_rows, np.arange(old_rows, rows, dtype=np.int32)))
        if columns > old_columns:
            which = np.arange(old_columns, columns, dtype=np.int32)
            self._expect(self.solver.deleteCols(len(which), which))

    def basis(self) -> highspy.HighsBasis:
        kept = highspy.HighsBasis()
        basis = self.solver.getBasis()
        kept.col_status, kept.row_status, kept.valid = basis.col_status, basis.row_status, basis.valid
        return kept

    def take_basis(self, basis: highspy.HighsBasis) -> None:
        if basis.valid:
            self._expect(self.solver.setBasis(basis))

    def solve(self) -> Answer | None:
        """None where nothing fits."""
        self.solver.run()
        status = self.solver.getModelStatus()
        if status == highspy.HighsModelStatus.kUnknown or status == highspy.HighsModelStatus.kSolveError:
            # A basis that came to lie badly: once more, from none.
            self.solver.clearSolver()
            self.solver.run()
            status = self.solver.getModelStatus()
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return None
        if status != SOLVED:
            raise NoPlan(self.solver.modelStatusToString(status))
        return self._answer()

    def missed_kwh(self, answer: Answer) -> float:
        """Into batteries, of all needs together."""
        return float(answer.values[self.at.unmet].sum())

    def solve_surely(self) -> Answer:
        answer = self.solve()
        if answer is None:
            raise NoPlan("no power for anybody is always a plan: the instance was built wrongly")
        return answer

    def _answer(self) -> Answer:
        return Answer(np.array(self.solver.getSolution().col_value), float(self.solver.getObjectiveValue()))

    def _expect(self, status: highspy.HighsStatus) -> None:
        if status == highspy.HighsStatus.kError:
            raise NoPlan("the solver refused the programme")
